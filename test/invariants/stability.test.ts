import { LAKEHOUSES, synthesize } from '../manifests';

describe.each(Object.entries(LAKEHOUSES))('%s', (_, props) => {
  const files = synthesize(props);

  test('is the same bytes when it is synthesized again', () => {
    expect(synthesize(props)).toEqual(files);
  });

  test('has no empty file, which kubectl would refuse', () => {
    expect(Object.entries(files).filter(([, text]) => text.trim() === '')).toEqual([]);
  });

  test('has no value that is left to be filled in', () => {
    expect(Object.values(files).join('')).not.toMatch(/\$\{Token|undefined|NaN|\[object /);
  });
});
