import type { Access } from './object-store';

const LIST = ['s3:ListBucket'];
const READ = ['s3:GetObject'];
const WRITE = [...READ, 's3:PutObject', 's3:DeleteObject', 's3:AbortMultipartUpload', 's3:ListMultipartUploadParts'];

/** The S3 policy for some folders of a bucket, and nothing else in it. */
export function policy(bucket: string, { read = [], readWrite = [] }: Access): string {
  const folders = [...read, ...readWrite];
  const objects = (paths: string[], actions: string[]) => ({
    Effect: 'Allow',
    Action: actions,
    Resource: paths.map((path) => `arn:aws:s3:::${bucket}/${path}/*`),
  });
  const statements = [
    { Effect: 'Allow', Action: ['s3:GetBucketLocation'], Resource: [`arn:aws:s3:::${bucket}`] },
    // A folder by its name too: Hadoop asks whether it is one.
    {
      Effect: 'Allow',
      Action: LIST,
      Resource: [`arn:aws:s3:::${bucket}`],
      Condition: { StringLike: { 's3:prefix': folders.flatMap((path) => [path, `${path}/`, `${path}/*`]) } },
    },
    ...(read.length > 0 ? [objects(read, READ)] : []),
    ...(readWrite.length > 0 ? [objects(readWrite, WRITE)] : []),
  ];
  return JSON.stringify({ Version: '2012-10-17', Statement: statements }, undefined, 1);
}
