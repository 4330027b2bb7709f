// The main file of a thread of its own: Python, and one request after the other. Plain JavaScript, because Node 20 loads
// no TypeScript into a thread; what it is sent and sends is in protocol.ts.
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import process from 'node:process';
import { parentPort, receiveMessageOnPort, workerData } from 'node:worker_threads';
import { loadPyodide, version } from 'pyodide';

/** @type {import('./protocol.js').MachineData} */
const { indexUrl, snapshots, stubs, host, ready, interrupt, answers } = workerData;
const isReady = new Int32Array(ready);

/** @param {import('./protocol.js').FromMachine} message */
const post = (message) => parentPort?.postMessage(message);
const print = (/** @type {string} */ line) => post({ kind: 'print', line });

const python = await start();
python.setInterruptBuffer(new Uint8Array(interrupt));
python.registerJsModule('oratio_host', {
  /** Stands still until the service has answered. */
  call(/** @type {string} */ service, /** @type {string} */ operation, /** @type {string} */ input) {
    Atomics.store(isReady, 0, 0);
    post({ kind: 'call', service, operation, input });
    Atomics.wait(isReady, 0, 0);
    return receiveMessageOnPort(answers)?.message;
  },
});
for (const [name, text] of Object.entries({ ...stubs, 'oratio.py': host })) {
  const path = `/stubs/${name}`;
  python.FS.mkdirTree(path.slice(0, path.lastIndexOf('/')));
  python.FS.writeFile(path, text);
}
python.runPython('import sys; sys.path.insert(0, "/stubs")');
const { invoke } = python.pyimport('oratio');

let last = Promise.resolve();
parentPort?.on('message', (/** @type {import('./protocol.js').ToMachine} */ { id, order }) => {
  last = last.then(async () => {
    await invoke(order, (/** @type {import('./protocol.js').Part} */ part, /** @type {string} */ json) =>
      post({ kind: 'answer', id, part, json }),
    );
    post({ kind: 'done', id });
  });
});
post({ kind: 'up' });

/** From a snapshot of its memory Python is up in a seventh of the time. The first one ever is kept for all others. */
async function start() {
  const settings = { indexURL: indexUrl, stdout: print, stderr: print };
  const file = `${snapshots}/python-${version}-node-${process.versions.node}.snapshot`;
  try {
    return await loadPyodide({ ...settings, _loadSnapshot: readFileSync(file) });
  } catch {
    // There is none yet, or none that can be read.
  }
  const fresh = await loadPyodide({ ...settings, _makeSnapshot: true });
  fresh.runPython('import asyncio, hashlib, importlib.util, inspect, json, logging, pathlib, re, shutil, tempfile');
  keep(file, fresh.makeMemorySnapshot());
  return fresh;
}

/** As a whole or not at all: others may be reading it. */
function keep(/** @type {string} */ file, /** @type {Uint8Array} */ snapshot) {
  try {
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(`${file}.${process.pid}`, snapshot);
    renameSync(`${file}.${process.pid}`, file);
  } catch {
    // A folder that may not be written to costs time, nothing else.
  }
}
