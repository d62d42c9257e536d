/** With its registry, which has a dot or a port in its name. */
const IMAGE = /^(?=[^/]*[.:])[a-zA-Z0-9.-]+(:\d+)?(\/[a-z0-9]+([._-]+[a-z0-9]+)*)+(:[\w][\w.-]{0,127}|(:[\w][\w.-]{0,127})?@sha256:[0-9a-f]{64})$/;

/** The image of somebody's own. Raises an error for one without a registry, and for one that may be another tomorrow. @param whose as in "the libraries' image" */
export function ownImage(whose: string, image: string): string {
  if (!IMAGE.test(image) || image.endsWith(':latest'))
    throw new Error(`${whose} is '${image}': write it as registry/name:tag, with a tag other than 'latest', or with its digest`);
  return image;
}
