import { Type } from 'typebox';
import { Nullable } from './primitives.ts';

/** What any page may know of how this exchange is set up. Nothing here is a secret. */
export const SettingsAnswer = Type.Object(
  {
    version: Type.String({ examples: ['0.1.0'] }),
    test_mode: Type.Boolean({
      description: 'Whether this caller may name itself with `x-user-id`: test mode is on and the caller is local.',
    }),
    supabase_url: Nullable<string>('string', 'The Supabase project that signs users in; null: none is configured.'),
    supabase_anon_key: Nullable<string>('string', "The project's public key, sent as `apikey`; null: none."),
    market_time_zone: Type.String({
      description: 'IANA name of the time zone of trading days and of the minutes of candle messages.',
      examples: ['Asia/Seoul'],
    }),
    api_key_required: Type.Boolean({ description: 'Orders need an `x-api-key`.' }),
  },
  {
    title: 'Settings',
    examples: [
      {
        version: '0.1.0',
        test_mode: true,
        supabase_url: null,
        supabase_anon_key: null,
        market_time_zone: 'Asia/Seoul',
        api_key_required: false,
      },
      {
        version: '0.1.0',
        test_mode: false,
        supabase_url: 'https://project.supabase.co',
        supabase_anon_key: 'sb_publishable_example',
        market_time_zone: 'America/New_York',
        api_key_required: false,
      },
    ],
  },
);
