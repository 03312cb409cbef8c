const chalk = require("chalk");
const _ = require('lodash/fp');
const { S3 } = require('@aws-sdk/client-s3/dist');
const local = require('./local');
async function later() { return (await import('dayjs')).default; }
