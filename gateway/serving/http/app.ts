// The HTTP server: plugins, headers, limits, and where each group of routes hangs. It listens before the core has told
// its state (then the API says STARTING), so that a taken port is known at once.

import cookie from '@fastify/cookie';
import helmet from '@fastify/helmet';
import rateLimit from '@fastify/rate-limit';
import swagger from '@fastify/swagger';
import websocket from '@fastify/websocket';
import { fastify, type FastifyServerOptions } from 'fastify';
import {
  jsonSchemaTransform,
  serializerCompiler,
  validatorCompiler,
  type ZodTypeProvider,
} from 'fastify-type-provider-zod';
import type { Metrics } from '../../observability/metrics.ts';
import type { ServingContext } from '../context.ts';
import { addCommandRoutes } from './command-routes.ts';
import { addDashboard } from './dashboard.ts';
import { addEvidenceRoutes } from './evidence-routes.ts';
import { requireOwnOrigin } from './guard.ts';
import { addProbes } from './probes.ts';
import { addHistoryRoutes } from './history-routes.ts';
import { addReadRoutes } from './read-routes.ts';
import { addReadingsRoutes } from './readings-routes.ts';
import { addRegistryRoutes } from './registry-routes.ts';
import { answerError, sendRefusal } from './refused.ts';
import type { Routes } from './routes.ts';
import { addSessionRoutes } from './session-routes.ts';
import { addStreamRoute } from './stream-route.ts';

export interface AppOptions {
  readonly tls: { readonly cert: string; readonly key: string } | null;
  /** Address or network of a proxy whose X-Forwarded-For is believed. */
  readonly trustedProxy: string | null;
  readonly dashboardFolder: string | null;
  readonly metrics: Metrics;
}

/** A command is at most a text of 2 000 characters and 20 ids; evidence has its own bound. */
const bodyBytesMax = 64 * 1024;
/** Per address: a control room behind one address has some ten screens. */
const requestsPerMinute = 3_000;
/** Addresses remembered for it. */
const addressesMax = 10_000;
/** Of one frame from a client: it sends `hello` and `painted`. */
const streamRequestBytesMax = 4 * 1024;

export async function createApp(context: ServingContext, options: AppOptions): Promise<Routes> {
  const settings: FastifyServerOptions = {
    logger: false,
    bodyLimit: bodyBytesMax,
    trustProxy: options.trustedProxy ?? false,
    // 20 MiB over a slow line; headers alone are bounded by Node to a minute.
    requestTimeout: 180_000,
    keepAliveTimeout: 30_000,
    forceCloseConnections: true,
    routerOptions: { maxParamLength: 400 },
    schemaController: {
      compilersFactory: { buildValidator: refuseToCompile, buildSerializer: refuseToCompile },
    },
  };
  const server = options.tls === null ? {} : { https: options.tls };
  const app: Routes = fastify({ ...settings, ...server }).withTypeProvider<ZodTypeProvider>();
  app.setValidatorCompiler(validatorCompiler);
  app.setSerializerCompiler(isDocumentationOnly);
  app.setErrorHandler((error, request, reply) => answerError(error, request, reply, context.events));
  app.decorateRequest('viewer', null);
  await addPlugins(app, context);
  app.addHook('onRequest', requireOwnOrigin(context));
  await app.register(
    async (api: Routes) => {
      api.addHook('onSend', async (_request, reply) => {
        if (!reply.hasHeader('cache-control')) void reply.header('cache-control', 'no-store');
      });
      addSessionRoutes(api, context);
      addCommandRoutes(api, context);
      addReadRoutes(api, context);
      addHistoryRoutes(api, context);
      addRegistryRoutes(api, context);
      await api.register(async (readings: Routes) => addReadingsRoutes(readings, context));
      await api.register(async (evidence: Routes) => addEvidenceRoutes(evidence, context));
      api.setNotFoundHandler((_request, reply) => sendRefusal(reply, 'NOT_FOUND'));
    },
    { prefix: '/api/v1' },
  );
  await app.register(async (stream: Routes) => addStreamRoute(stream, context));
  addProbes(app, context, options.metrics);
  await addDashboard(app, options.dashboardFolder);
  return app;
}

/** Our compilers are set on the server; without factories of ours fastify would load ajv and its serializer for nothing. */
function refuseToCompile(): never {
  throw new Error('a schema compiler other than ours is asked for');
}

/** Answers are what their TypeScript types say; checking them again would cost each list a second walk. */
const isDocumentationOnly: typeof serializerCompiler = () => (data) => JSON.stringify(data);

async function addPlugins(app: Routes, context: ServingContext): Promise<void> {
  await app.register(helmet, {
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'self'"],
        imgSrc: ["'self'", 'data:', 'blob:'],
        // uPlot and Vue set style attributes.
        styleSrc: ["'self'", "'unsafe-inline'"],
        fontSrc: ["'self'", 'data:'],
        connectSrc: ["'self'"],
        workerSrc: ["'self'", 'blob:'],
        objectSrc: ["'none'"],
        baseUri: ["'none'"],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
        ...(context.isTls ? { upgradeInsecureRequests: [] } : {}),
      },
    },
    hsts: context.isTls ? { maxAge: 31_536_000 } : false,
    // Over plain http browsers ignore it and say so on the console.
    crossOriginOpenerPolicy: context.isTls ? { policy: 'same-origin' } : false,
    originAgentCluster: context.isTls,
    referrerPolicy: { policy: 'same-origin' },
  });
  await app.register(cookie);
  await app.register(rateLimit, { max: requestsPerMinute, timeWindow: 60_000, cache: addressesMax });
  await app.register(websocket, { options: { maxPayload: streamRequestBytesMax } });
  await app.register(swagger, {
    openapi: {
      openapi: '3.1.0',
      info: {
        title: 'Fengsui 烽燧',
        description:
          'Alarms, cases and readings of a mine. Unsafe methods need the header X-Requested-With: fengsui and the own Origin; readings need the token of their source instead.',
        version: '1',
      },
      components: {
        securitySchemes: {
          session: { type: 'apiKey', in: 'cookie', name: 'fengsui_session' },
          sourceToken: { type: 'http', scheme: 'bearer' },
        },
      },
      security: [{ session: [] }],
    },
    transform: jsonSchemaTransform,
  });
}
