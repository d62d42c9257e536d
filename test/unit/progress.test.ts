import { firstQuestion } from '../../cli/first-query';
import type { KubernetesObject } from '../../cli/kubectl';
import { stateOf } from '../../cli/workload';

const metadata = { name: 'server', namespace: 'lakehouse', generation: 2 };
const state = (kind: string, status: KubernetesObject, spec: KubernetesObject = { replicas: 1 }) =>
  stateOf(
    { apiVersion: 'apps/v1', kind, metadata },
    { objects: [{ kind, metadata, spec, status: { observedGeneration: 2, ...status } }], events: [], logs: new Map() },
  ).done;

describe('the first question', () => {
  test('is of a table, by the owner of the schema default', () => {
    const { user, statements } = firstQuestion({ science: { users: ['cleo'] }, analytics: { users: ['ana', 'bob'], schemas: ['default'] } });
    expect(user).toBe('ana');
    expect(statements[0]).toContain('CREATE TABLE IF NOT EXISTS default.welcome USING delta');
  });

  test("makes no table where that schema is nobody's", () => {
    const { user, statements, next } = firstQuestion({ science: { users: ['cleo'], schemas: ['lab'] } });
    expect(user).toBe('cleo');
    expect([...statements, next].join()).not.toMatch(/CREATE|welcome/);
  });
});

describe('a Deployment is ready', () => {
  const ready = { replicas: 1, updatedReplicas: 1, availableReplicas: 1 };

  test('when its pods are there', () => expect(state('Deployment', ready)).toBe(true));

  test.each([
    ['its change has not been seen', { ...ready, observedGeneration: 1 }],
    ['a new pod is not available, but an old one is', { ...ready, replicas: 2 }],
    ['a new pod is not there', { ...ready, updatedReplicas: 0 }],
    ['no pod is available', { ...ready, availableReplicas: 0 }],
  ])('not when %s', (_, status) => expect(state('Deployment', status)).toBe(false));
});

describe('a StatefulSet is ready', () => {
  const ready = { readyReplicas: 1, currentRevision: 'b', updateRevision: 'b' };

  test('when its pods are', () => expect(state('StatefulSet', ready)).toBe(true));

  test.each([
    ['its change has not been seen', { ...ready, observedGeneration: 1 }],
    ['a pod is of before', { ...ready, currentRevision: 'a' }],
    ['a pod is not ready', { ...ready, readyReplicas: 0 }],
  ])('not when %s', (_, status) => expect(state('StatefulSet', status)).toBe(false));
});
