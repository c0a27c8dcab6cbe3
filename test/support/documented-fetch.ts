import { ApiDocument } from './api-document.ts';

/** All exchanges of a test run are the same program: the document of the first that is asked holds for all. */
let document: Promise<ApiDocument> | undefined;

/** A fetch to a running exchange whose answers are held to the document it serves. */
export const documentedFetch: typeof fetch = async (input, init) => {
  const url = new URL(input instanceof Request ? input.url : input);
  document ??= read(url.origin).catch((error) => {
    document = undefined;
    throw error;
  });
  const api = await document;
  const response = await fetch(input, init);
  const text = await response.text();
  const { status, statusText, headers } = response;
  api.check(init?.method ?? 'GET', url.pathname + url.search, status, headers.get('content-type'), text);
  // An answer without a body, such as a 304, may not be given even an empty one.
  return new Response(text === '' ? null : text, { status, statusText, headers });
};

async function read(origin: string): Promise<ApiDocument> {
  const response = await fetch(`${origin}/openapi.json`);
  return new ApiDocument(JSON.parse(await response.text()));
}
