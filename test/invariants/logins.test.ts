import { invariant, type Manifest, type Manifests } from '../manifests';

const containers = ({ spec }: Manifest): Manifest[] => [...(spec.initContainers ?? []), ...spec.containers];

// A shell drops a line break at the end, a Java program takes it for a part of the password: one would log in and the other not.
const unread = (manifests: Manifests) =>
  manifests.pods
    .filter(({ template }) => containers(template).some(({ name }) => name === 'libraries'))
    .filter(({ template }) => !containers(template).some(({ command = [] }) => command.join(' ').includes('has a line break')))
    .map(({ owner }) => `${owner} has a login and nothing that refuses one with a line break`);

invariant('a Java program gets no login that nobody has looked at', unread, {
  'a pod that does not look': (broken) => {
    for (const { owner, template } of broken.pods)
      if (owner === 'Deployment hive-metastore') for (const one of containers(template)) one.command = [];
  },
});
