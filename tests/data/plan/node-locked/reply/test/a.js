const assert = require('assert');
describe('a', () => { it('works', () => assert.ok(true)); });
