// Loaded before the playground: whatever it listens on, it does so on this machine only.
'use strict';
const net = require('node:net');
const listen = net.Server.prototype.listen;
net.Server.prototype.listen = function (...args) {
  const [first, ...rest] = args;
  if (first !== null && typeof first === 'object' && 'port' in first) {
    args[0] = { ...first, host: '127.0.0.1' };
  } else if (first === undefined || typeof first === 'number' || /^\d+$/.test(first)) {
    const done = rest.filter((arg) => typeof arg === 'function');
    args = [{ port: Number(first ?? 0), host: '127.0.0.1' }, ...done];
  }
  return listen.apply(this, args);
};
