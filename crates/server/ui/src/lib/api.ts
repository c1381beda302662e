import type { Problem } from './types';

/** A refusal or failure that the API told, or that the network had. */
export class ApiProblem extends Error {
  status: number;
  code: string;
  constructor(status: number, code: string, message: string) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

let onUnknown = (): void => {};

/** What to do when the service asks who this is. */
export function whenUnknown(act: () => void): void {
  onUnknown = act;
}

async function problem(response: Response): Promise<ApiProblem> {
  try {
    const told = (await response.json()) as Problem;
    return new ApiProblem(response.status, told.code, told.detail ? `${told.title}: ${told.detail}` : told.title);
  } catch {
    return new ApiProblem(response.status, 'unknown', `The service answered ${response.status} ${response.statusText}`);
  }
}

/** Sends a request; throws an `ApiProblem` unless it succeeds. */
export async function send(method: string, path: string, body?: unknown, headers?: HeadersInit): Promise<Response> {
  let response: Response;
  try {
    response = await fetch(path, {
      method,
      credentials: 'same-origin',
      headers: { ...(body === undefined ? {} : { 'content-type': 'application/json' }), ...headers },
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch {
    throw new ApiProblem(0, 'offline', 'The service does not answer');
  }
  if (response.ok) return response;
  if (response.status === 401 && path !== '/v1/session') onUnknown();
  throw await problem(response);
}

/** Gets JSON. */
export const get = async <T>(path: string): Promise<T> => (await send('GET', path)).json() as Promise<T>;

/** Posts JSON; `undefined` where the answer is empty. */
export async function post<T>(path: string, body?: unknown): Promise<T> {
  const text = await (await send('POST', path, body ?? {})).text();
  return (text ? JSON.parse(text) : undefined) as T;
}

/** Deletes. */
export const remove = async (path: string): Promise<void> => void (await send('DELETE', path));

/** A problem in words. */
export const words = (error: unknown): string => (error instanceof Error ? error.message : String(error));

/** The path with those parameters that are set. */
export function query(path: string, parameters: Record<string, string | number | boolean | null | undefined>): string {
  const set = Object.entries(parameters).filter(([, value]) => value !== '' && value !== null && value !== undefined);
  const text = new URLSearchParams(set.map(([name, value]) => [name, String(value)])).toString();
  return text ? `${path}?${text}` : path;
}
