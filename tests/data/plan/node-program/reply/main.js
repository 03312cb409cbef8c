import fs from 'fs';
import path from "node:path";
// const x = require('not-a-package');
const text = `require('nor-this')`;
console.log(path.join('a', 'b'), fs.existsSync('/'), text);
