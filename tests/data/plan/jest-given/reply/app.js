const express = require('express');
const bcrypt = require('bcrypt');
const cors = require('cors');
module.exports = express();
