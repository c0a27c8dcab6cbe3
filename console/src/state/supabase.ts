/** A Supabase project that signs users in, as `GET /config` names it. */
export interface Project {
  url: string;
  anonKey: string;
}

/** What a sign-in or a refresh gives: the JWT that the exchange takes, and what the next one is got with. */
export interface Grant {
  token: string;
  refreshToken: string;
}

/** The sign-in service said no, or did not answer; `message` is one sentence for the user. */
export class SignInError extends Error {
  /** True when the service itself refused: asking again with the same will not help. */
  readonly refused: boolean;

  constructor(message: string, refused: boolean) {
    super(message);
    this.name = 'SignInError';
    this.refused = refused;
  }
}

/** Signs in by e-mail and password. @throws SignInError */
export function grantByPassword(project: Project, email: string, password: string): Promise<Grant> {
  return grant(project, 'password', { email, password });
}

/** A new token for a refresh token, which is used up by it. @throws SignInError */
export function grantByRefresh(project: Project, refreshToken: string): Promise<Grant> {
  return grant(project, 'refresh_token', { refresh_token: refreshToken });
}

/** Ends this session at the service, so that its refresh token is worth nothing. @throws SignInError */
export async function revoke(project: Project, token: string): Promise<void> {
  await call(project, 'logout?scope=local', { authorization: `Bearer ${token}` });
}

async function grant(project: Project, type: 'password' | 'refresh_token', body: object): Promise<Grant> {
  const answer = await call(project, `token?grant_type=${type}`, {}, body);
  const { access_token: token, refresh_token: refreshToken } = answer;
  if (typeof token !== 'string' || typeof refreshToken !== 'string') {
    throw new SignInError('The sign-in service answered without a token.', false);
  }
  return { token, refreshToken };
}

/** One call of GoTrue's REST interface, which is the same in hosted projects and in those of one's own. */
async function call(
  { url, anonKey }: Project,
  path: string,
  headers: Record<string, string>,
  body?: object,
): Promise<Record<string, unknown>> {
  const request = {
    method: 'POST',
    headers: { apikey: anonKey, 'content-type': 'application/json', ...headers },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  };
  const response = await fetch(`${url.replace(/\/+$/, '')}/auth/v1/${path}`, request).catch(() => {
    throw new SignInError('The sign-in service does not answer.', false);
  });
  const text = await response.text();
  const answer = parsed(text);
  if (response.ok) return answer;
  throw new SignInError(
    sentenceOf(answer) ?? `The sign-in service answered ${response.status}.`,
    response.status < 500,
  );
}

function parsed(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

/** GoTrue has told its refusals under several names over the years. */
function sentenceOf(answer: Record<string, unknown>): string | undefined {
  for (const name of ['msg', 'error_description', 'message', 'error']) {
    const value = answer[name];
    if (typeof value === 'string' && value !== '') return value;
  }
  return undefined;
}
