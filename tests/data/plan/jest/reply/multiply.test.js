const multiply = require('./multiply');

describe('multiply', () => {
  test('two numbers', () => {
    expect(multiply(2, 3)).toBe(6);
  });
  test('zero', () => {
    expect(multiply(2, 0)).toBe(0);
  });
});
