import { add } from './math';

test('adds', () => {
  const f = jest.fn(add);
  expect(f(1, 2)).toBe(3);
});
