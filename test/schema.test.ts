import { readFileSync } from 'node:fs';
import { CriticalityLevel, diff } from '@graphql-inspector/core';
import { buildSchema, isEnumType, isInputObjectType, isIntrospectionType, isObjectType } from 'graphql';
import type { GraphQLNamedType, GraphQLSchema } from 'graphql';
import { expect, test } from 'vitest';
import { createSchema, printSorted } from '../src/graphql/schema.js';

const COMMITTED = readFileSync(new URL('../schema.graphql', import.meta.url), 'utf8');
const BUILT_IN_SCALARS = ['Boolean', 'Float', 'ID', 'Int', 'String'];

/** Nothing is executed against it, so its resolvers need no services. */
async function loadSchema(): Promise<GraphQLSchema> {
  return createSchema({} as Parameters<typeof createSchema>[0]);
}

test('breaks no client of the committed schema', async () => {
  const changes = await diff(buildSchema(COMMITTED), await loadSchema());

  const breaking = changes.filter(({ criticality }) => criticality.level === CriticalityLevel.Breaking);
  expect(
    breaking.map(({ message }) => message),
    'These changes break clients. Deprecate what is to go, naming its replacement, and keep it until its removal date.',
  ).toEqual([]);
});

test('schema.graphql is the schema of the code', async () => {
  expect(COMMITTED, 'Run `npm run schema`, look at what it changed, and commit it.').toBe(
    printSorted(await loadSchema()),
  );
});

test('describes every type, field, argument, enum value and input field', async () => {
  const types = Object.values((await loadSchema()).getTypeMap());
  const ours = types.filter((type) => !isIntrospectionType(type) && !BUILT_IN_SCALARS.includes(type.name));

  expect(ours.flatMap(findUndescribed)).toEqual([]);
});

function findUndescribed(type: GraphQLNamedType): readonly string[] {
  const parts: { name: string; description?: string | null | undefined }[] = [type];
  const add = (part: { name: string; description?: string | null | undefined }, owner: string): void => {
    parts.push({ name: `${owner}.${part.name}`, description: part.description });
  };
  if (isEnumType(type)) for (const value of type.getValues()) add(value, type.name);
  if (isInputObjectType(type)) for (const field of Object.values(type.getFields())) add(field, type.name);
  if (isObjectType(type)) {
    for (const field of Object.values(type.getFields())) {
      add(field, type.name);
      for (const argument of field.args) add(argument, `${type.name}.${field.name}`);
    }
  }
  return parts.filter(({ description }) => (description ?? '').trim() === '').map(({ name }) => name);
}

test('names the input and the payload of every mutation after it', async () => {
  const schema = await loadSchema();
  const mutations = Object.values(schema.getMutationType()?.getFields() ?? {});

  for (const { name, args, type } of mutations) {
    const capital = name.charAt(0).toUpperCase() + name.slice(1);
    expect(args.map((argument) => `${argument.name}: ${argument.type.toString()}`)).toEqual([
      `input: ${capital}Input!`,
    ]);
    expect(type.toString()).toBe(`${capital}Payload!`);
  }
});
