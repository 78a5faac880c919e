// Commands of people: parsed by schema, evidence looked up, handed to the core; answered when the batch is on disk, with
// the events it made. The core decides (role, scope, version, stage …); nothing is decided here but the payload's shape.

import { z } from 'zod';
import type { Command, CommandName, CommandPayloads } from '#alarms/workflow/command.ts';
import { commandPayloads, type CommandResult } from '../../protocol/api.ts';
import type { ServingContext, Viewer } from '../context.ts';
import { PeerGone, RequestTimedOut } from '../requests.ts';
import { requireSession, viewerIn } from './guard.ts';
import { ApiRefused, sendCommandRefusal } from './refused.ts';
import { answers, eventSchema, type Routes } from './routes.ts';

const resultSchema = z
  .object({ events: z.array(eventSchema), version: z.int() })
  .describe('the events that the command made, on disk; the version of the case after it');

export function addCommandRoutes(routes: Routes, context: ServingContext): void {
  const onRequest = requireSession(context);
  for (const name of commandNames()) addCommandRoute(routes, context, name);
  routes.post('/commands/:name', { onRequest, schema: { hide: true } }, () => {
    throw new ApiRefused('NO_SUCH_COMMAND');
  });
}

function commandNames(): readonly CommandName[] {
  return Object.keys(commandPayloads) as CommandName[];
}

function addCommandRoute(routes: Routes, context: ServingContext, name: CommandName): void {
  const body: z.ZodType<CommandPayloads[CommandName]> = commandPayloads[name];
  routes.post(
    `/commands/${name}`,
    {
      onRequest: requireSession(context),
      config: { isCommand: true },
      schema: { tags: ['commands'], summary: name, body, response: answers(resultSchema) },
    },
    async (request, reply) => {
      const viewer = viewerIn(request);
      if (viewer.session.person.mustChangePassword) throw new ApiRefused('PASSWORD_CHANGE_REQUIRED');
      const missing = context.evidence.missing(request.body.evidence ?? []);
      if (missing.length > 0) throw new ApiRefused('NO_SUCH_EVIDENCE', missing);
      const { answer, events } = await carryOut(
        context,
        await commandOf(context, name, request.body, viewer),
      );
      const { id } = viewer.session.person;
      if (answer.refused) {
        context.events.commandRefused(name, id, answer.code);
        return sendCommandRefusal(reply, answer);
      }
      context.events.commandAccepted(name, id, request.body.commandId);
      return reply.send({ events, version: answer.version } satisfies CommandResult);
    },
  );
}

/** The payload was parsed by the schema of just this name; the compiler does not follow that through the union. */
async function commandOf(
  context: ServingContext,
  name: CommandName,
  payload: CommandPayloads[CommandName],
  viewer: Viewer,
): Promise<Command> {
  const { id, name: personName, grants } = viewer.session.person;
  // Who archives depends on whether there is a supervisor: only the accounts know, and the core must not guess.
  const known = name === 'ArchiveCase' ? { supervisorSites: await context.accounts.supervisorSites() } : {};
  return { name, by: { id, name: personName, grants }, payload, ...known } as Command;
}

async function carryOut(
  context: ServingContext,
  command: Command,
): Promise<Awaited<ReturnType<ServingContext['core']['command']>>> {
  if (context.live() === null) throw new ApiRefused('STARTING');
  try {
    return await context.core.command(command);
  } catch (error) {
    // Late, or the core is gone: either way nobody here knows whether it was carried out.
    if (!(error instanceof RequestTimedOut) && !(error instanceof PeerGone)) throw error;
    context.events.commandTimedOut(command.name, command.by.id);
    throw new ApiRefused('ANSWER_TIMED_OUT', [command.payload.commandId]);
  }
}
