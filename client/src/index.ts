export type * from './generated/rest.ts';
export type * from './generated/websocket.ts';
// The client's own names come before the generated ones: `NewOrder` here is one that names its quantity.
export {
  ApiError,
  type Credentials,
  type HttpAnswer,
  type HttpRequest,
  type NewOrder,
  RestClient,
  type RestOptions,
  type Transport,
} from './rest.ts';
export {
  type ConnectionState,
  type PublicMessage,
  type SocketLike,
  StreamClient,
  type StreamHandlers,
  type StreamOptions,
  type Subscription,
} from './stream.ts';
