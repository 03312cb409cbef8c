const request = require('supertest');
const app = require('./app');

test('404', async () => {
  const res = await request(app).get('/nothing');
  expect(res.status).toBe(404);
});
