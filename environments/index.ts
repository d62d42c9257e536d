import type { LakehouseProps } from '../lib/lakehouse';
import { kind } from './kind';
import { production } from './production';
import { test } from './test';

/** Clusters that come and go: only their passwords may stand in clear in the YAML. */
const THROW_AWAY: Record<string, LakehouseProps> = { kind, test };

const LASTING: Record<string, LakehouseProps> = { production };

export const environmentNames = [...Object.keys(THROW_AWAY), ...Object.keys(LASTING)];

/** The environment of that name. Raises an error that lists the known ones. @param name @default kind */
export function environment(name = 'kind'): LakehouseProps {
  if (Object.hasOwn(THROW_AWAY, name)) return { ...THROW_AWAY[name]!, throwAway: true };
  if (Object.hasOwn(LASTING, name)) return { ...LASTING[name]!, throwAway: false };
  throw new Error(`there is no environment '${name}': use one of ${environmentNames.join(', ')}, or add a file to environments/`);
}
