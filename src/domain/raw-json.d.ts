/** What `JSON.stringify` writes as the text it holds (ECMAScript, JSON.parse source text access); the library's types lack it. */
interface RawJson {
  readonly rawJSON: string;
}

interface JSON {
  /** @throws SyntaxError when the text is no JSON primitive */
  rawJSON(text: string): RawJson;
}
