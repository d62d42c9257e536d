import type { LakehouseProps } from '../lib/lakehouse';
import { Libraries } from '../lib/libraries/libraries';
import { kind } from './kind';

/** `kind` on a cluster whose pods reach a Maven repository of its own and nothing else. */
export const test: LakehouseProps = { ...kind, libraries: Libraries.maven({ repository: 'http://maven.test:8081/maven2' }) };
