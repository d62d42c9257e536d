import type { Construct } from 'constructs';
import { namespaceOf } from '../k8s/chart';

/** The Secret with a consumer's login: in a namespace of its own it needs no name of its own, so that all tenants' pods are alike. */
export const loginName = (store: Construct, scope: Construct, consumer: string) =>
  namespaceOf(scope) === namespaceOf(store) ? `object-store-${consumer}` : 'object-store';
