/** Raises an error if S3 would not have it, and for a dot, which breaks TLS where the bucket is part of the host's name. */
export function bucketName(name: string): string {
  if (!/^[a-z0-9][a-z0-9-]{1,61}[a-z0-9]$/.test(name)) {
    throw new Error(
      `the bucket is called '${name}': use 3 to 63 lower-case letters, digits and hyphens, beginning and ending with a letter or digit`,
    );
  }
  return name;
}
