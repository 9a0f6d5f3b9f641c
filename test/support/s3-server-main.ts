import { S3Server } from './s3-server.js';

/* The server in a process of its own, for what is measured of its client. It ends with its input. */

const server = await S3Server.start();
console.log(server.endpoint);
process.stdin.resume().once('close', () => process.exit(0));
