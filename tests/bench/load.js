// load.js - what a node client takes for the same: COUNT posts of one body to URL, JOBS at once over
// kept connections. Usage: node load.js URL COUNT JOBS BODY
'use strict';
const http = require('http');
const [url, count, jobs, body] = [process.argv[2], +process.argv[3], +process.argv[4], process.argv[5]];
const agent = new http.Agent({ keepAlive: true, maxSockets: jobs });
const headers = { 'content-type': 'application/json', 'content-length': Buffer.byteLength(body), authorization: 'Bearer bench-key' };
let started = 0;
function next() {
  if (started++ >= count) return;
  const request = http.request(url, { method: 'POST', agent, headers }, (response) => {
    let text = '';
    response.setEncoding('utf8');
    response.on('data', (chunk) => { text += chunk; });
    response.on('end', next);
  });
  request.on('error', (e) => { console.error(e.message); process.exit(1); });
  request.end(body);
}
for (let i = 0; i < jobs; i++) next();
