import test from 'node:test';
import assert from 'node:assert/strict';
import { add } from './add.mjs';

test('add', () => assert.equal(add(1, 2), 3));
