import { toDecimal } from '../../../domain/money.ts';
import type { FastifyTypeBox } from '../app.ts';
import type { GatewayDeps } from '../deps.ts';
import { callerOf, type Guards } from '../identity.ts';
import { exactly } from '../json.ts';
import { presentWallet, presentWallets } from '../present.ts';
import { AssetsAnswer } from '../schemas/accounts.ts';
import { AccountParams, IdempotencyHeaders, TransferAnswer, TransferBody } from '../schemas/admin.ts';
import { CallerQuery } from '../schemas/orders.ts';
import { answers } from '../schemas/primitives.ts';

const TAGS = ['Admin'];

/** Money of accounts: in, out, and how it stands. */
export function adminAccountRoutes(app: FastifyTypeBox, deps: GatewayDeps, guards: Guards): void {
  const { accounts } = deps.admin;
  const guarded = { preValidation: guards.admin, ...exactly };

  app.get(
    '/admin/accounts/:id',
    {
      ...guarded,
      schema: {
        tags: TAGS,
        summary: 'Wallets and positions of an account',
        params: AccountParams,
        querystring: CallerQuery,
        response: answers(AssetsAnswer),
      },
    },
    async ({ params }) => presentWallets(await accounts.wallets(params.id), deps.instruments),
  );

  for (const [path, action, summary] of [
    ['deposit', 'DEPOSIT', 'Pay money or securities in'],
    ['withdraw', 'WITHDRAW', 'Pay money or securities out'],
  ] as const) {
    app.post(
      `/admin/accounts/:id/${path}`,
      {
        ...guarded,
        schema: {
          tags: TAGS,
          summary,
          params: AccountParams,
          querystring: CallerQuery,
          headers: IdempotencyHeaders,
          body: TransferBody,
          response: answers(TransferAnswer),
        },
      },
      async (request) => {
        const { params, body, headers } = request;
        const transfer = await accounts.transfer(callerOf(request).userId, {
          action,
          userId: params.id,
          asset: body.asset,
          amount: body.amount,
          transferId: body.transfer_id ?? headers['idempotency-key'],
        });
        return {
          ...transfer,
          amount: toDecimal(transfer.amount, transfer.wallet.decimals),
          wallet: presentWallet(transfer.wallet),
        };
      },
    );
  }
}
