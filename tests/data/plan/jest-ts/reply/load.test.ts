import { load } from './load';

test('loads', async () => {
  const get = jest.fn().mockResolvedValue(1);
  expect(await load(get)).toBe(2);
});
