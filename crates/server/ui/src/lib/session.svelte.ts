import { get, remove, send, whenUnknown, words } from './api';
import type { Me } from './types';

/** Who uses the dashboard. */
class Session {
  me = $state<Me | null>(null);
  state = $state<'asking' | 'in' | 'out' | 'failed'>('asking');
  problem = $state('');

  constructor() {
    whenUnknown(() => {
      this.me = null;
      this.state = 'out';
    });
  }

  /** Asks the service who this is. */
  async ask(): Promise<void> {
    try {
      this.me = await get<Me>('/v1/me');
      this.state = 'in';
    } catch (error) {
      if (this.state !== 'out') this.state = 'failed';
      this.problem = words(error);
    }
  }

  /** Signs in with an API key. */
  async enter(key: string): Promise<void> {
    await send('POST', '/v1/session', undefined, { authorization: `Bearer ${key}` });
    await this.ask();
  }

  /** Signs out. */
  async leave(): Promise<void> {
    await remove('/v1/session').catch(() => undefined);
    this.me = null;
    this.state = 'asking';
    await this.ask();
  }

  /** Whether it may do what a scope names. */
  may(scope: string): boolean {
    return this.me?.scopes.includes(scope) ?? false;
  }
}

export const session = new Session();
