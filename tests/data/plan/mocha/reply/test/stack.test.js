const { expect } = require('chai');
const { Stack } = require('../stack');

describe('Stack', () => {
  it('pops what was pushed', () => {
    const s = new Stack();
    s.push(1);
    expect(s.pop()).to.equal(1);
  });
});
