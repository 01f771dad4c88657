// A Matrix client for Lotse's tests: matrix-js-sdk with its Rust crypto, for several people in one process.
//
// It reads requests as JSON lines from standard input, each {"id": 1, "op": "send", "as": "@maria:localhost/DEVICE", …},
// and answers each with {"id": 1, "result": …} or {"id": 1, "error": "…"} on standard output, in any order. What an
// operation takes and returns is said where it is defined, below. It ends with its input. Nothing waits without a limit.
//
// Everybody is strict (MSC4153): keys go to devices that their owner has signed, and nothing else is believed.

import { createInterface } from "node:readline";
import { webcrypto as crypto } from "node:crypto";

// The library logs to the console; standard output is for answers.
for (const level of ["trace", "debug", "log", "info", "warn", "error"]) console[level] = () => {};
if (process.env.JSCLIENT_LOG) for (const level of ["warn", "error"]) console[level] = (...args) => process.stderr.write(args.join(" ") + "\n");

const sdk = await import("matrix-js-sdk");
const { AllDevicesIsolationMode, EventShieldColour, EventShieldReason, OnlySignedDevicesIsolationMode } = await import("matrix-js-sdk/lib/crypto-api/index.js");

const limit = 45_000; // milliseconds; the test that waits for the answer is a little more patient

/** A person's device. */
class Device {
    /** How many things have happened: what a wait begins with. */
    changes = 0;
    #waiting = new Set();
    /** Room keys that are held back, or null when they go out at once. */
    held = null;

    constructor({ url, user, device, token }) {
        this.client = sdk.createClient({ baseUrl: url, userId: user, deviceId: device, accessToken: token, fetchFn: (...args) => this.#fetch(...args) });
        for (const event of [sdk.ClientEvent.Sync, sdk.MatrixEventEvent.Decrypted, sdk.MatrixEventEvent.Replaced]) {
            this.client.on(event, () => this.#changed());
        }
    }

    /** Room keys travel as m.room.encrypted to devices; holding one back is a network that is late. */
    async #fetch(url, init) {
        if (this.held && String(url).includes("/sendToDevice/m.room.encrypted/")) {
            this.held.push([url, init]);
            return new Response("{}", { status: 200, headers: { "Content-Type": "application/json" } });
        }
        return fetch(url, init);
    }

    async release() {
        const held = this.held ?? [];
        this.held = null;
        for (const [url, init] of held) {
            const answer = await fetch(url, { ...init, signal: undefined });
            if (!answer.ok) throw new Error(`release a room key: ${answer.status} ${await answer.text()}`);
        }
        return held.length;
    }

    #changed() {
        this.changes++;
        for (const wake of this.#waiting) wake();
        this.#waiting.clear();
    }

    /** Waits until more than this has happened, or for some milliseconds. */
    async change(since, milliseconds) {
        if (this.changes > since) return;
        let timer;
        await new Promise((wake) => {
            this.#waiting.add(wake);
            timer = setTimeout(wake, milliseconds);
        });
        clearTimeout(timer);
    }

    /** Waits until a function returns something true, and returns that. */
    async until(what, fn) {
        const end = Date.now() + limit;
        for (;;) {
            const since = this.changes;
            const got = await fn();
            if (got) return got;
            if (Date.now() > end) throw new Error(`waited ${limit / 1000} s in vain for ${what}`);
            await this.change(since, end - Date.now());
        }
    }

    /** The room, as soon as this device knows that the person is in it. */
    room(id) {
        return this.until(`being in the room ${id}`, () => {
            const room = this.client.getRoom(id);
            return room?.getMyMembership() === "join" && room;
        });
    }

    /** Waits until this device knows of the room's encryption, if it has any: servers show rooms before they are finished. */
    async sealed(room) {
        if (room.hasEncryptionStateEvent()) return;
        try {
            await this.client.getStateEvent(room.roomId, "m.room.encryption", "");
        } catch (error) {
            if (error.errcode === "M_NOT_FOUND") return;
            throw error;
        }
        await this.until(`the encryption of ${room.roomId}`, () => room.hasEncryptionStateEvent() && this.client.getCrypto().isEncryptionEnabledInRoom(room.roomId));
    }

    /** Waits until the server has shown this device what it has sent. */
    async echo(id, event) {
        const room = await this.room(id);
        await this.until(`the echo of ${event}`, () => room.findEventById(event)?.status === null);
        return event;
    }
}

const devices = new Map();

const operations = {
    /** Starts a device that is logged in, and signs it with a new identity of its owner if sign is set. {url, user, device, token, password, sign, lenient} */
    async start(request, name) {
        const device = new Device(request);
        devices.set(name, device);
        const { client } = device;
        await client.initRustCrypto({ useIndexedDB: false });
        const own = client.getCrypto();
        own.setDeviceIsolationMode(request.lenient ? new AllDevicesIsolationMode(false) : new OnlySignedDevicesIsolationMode());
        if (request.sign) {
            await own.bootstrapCrossSigning({
                authUploadDeviceSigningKeys: (upload) =>
                    upload({ type: "m.login.password", identifier: { type: "m.id.user", user: request.user }, password: request.password }),
            });
        }
        // All events of a room come with the first sync, all members at once, threads in the room's one timeline, and own events
        // where the server puts them.
        await client.startClient({
            initialSyncLimit: 1000, lazyLoadMembers: false, threadSupport: false, pendingEventOrdering: sdk.PendingEventOrdering.Detached, disablePresence: true,
        });
        await device.until("the first sync", () => client.isInitialSyncComplete());
        return { signed: await own.isCrossSigningReady(), memory: process.memoryUsage.rss(), sdk: own.getVersion() };
    },

    /** Forgets a device; with logout its keys leave the server, too. {logout} */
    async stop({ logout }, name) {
        const { client } = one(name);
        devices.delete(name);
        client.stopClient();
        if (logout) await client.logout(false);
    },

    /** Creates a room. {request: the body of createRoom} → its id */
    async create({ request }, name) {
        const device = one(name);
        const { room_id: room } = await device.client.createRoom(request);
        await device.room(room);
        return room;
    },

    /** Joins a room that the person is invited to. {room} */
    async join({ room }, name) {
        const device = one(name);
        await device.client.joinRoom(room);
        await device.room(room);
    },

    /** Sends an event, encrypted where the room is. {room, type, content} → its id */
    async send({ room, type, content }, name) {
        const device = one(name);
        await device.sealed(await device.room(room));
        const { event_id: event } = await device.client.sendEvent(room, null, type, content);
        return device.echo(room, event);
    },

    /**
     * Redacts an event. {room, target, reason} → the redaction's id
     *
     * Not with redactEvent: Dendrite may show the redaction before it knows whose transaction it was, and then the library takes
     * its own redaction back.
     */
    async redact({ room, target, reason }, name) {
        const device = one(name);
        await device.room(room);
        const { client } = device;
        const path = `/rooms/${encodeURIComponent(room)}/redact/${encodeURIComponent(target)}/${client.makeTxnId()}`;
        const { event_id: event } = await client.http.authedRequest(sdk.Method.Put, path, undefined, reason ? { reason } : {});
        return device.echo(room, event);
    },

    /** Encrypts a file and uploads it. {file: its name, mime, data: base64} → the content of its message */
    async upload({ file, mime, data }, name) {
        const plain = Buffer.from(data, "base64");
        const key = await crypto.subtle.generateKey({ name: "AES-CTR", length: 256 }, true, ["encrypt", "decrypt"]);
        const iv = new Uint8Array(16);
        crypto.getRandomValues(iv.subarray(0, 8)); // the other half counts
        const secret = Buffer.from(await crypto.subtle.encrypt({ name: "AES-CTR", counter: iv, length: 64 }, key, plain));
        const { content_uri: url } = await one(name).client.uploadContent(secret, { type: "application/octet-stream", includeFilename: false });
        const { k, alg, kty } = await crypto.subtle.exportKey("jwk", key);
        return {
            msgtype: "m.file", body: file, filename: file, info: { mimetype: mime, size: plain.length },
            file: { v: "v2", url, key: { k, alg, kty, ext: true, key_ops: ["encrypt", "decrypt"] }, iv: unpadded(iv), hashes: { sha256: unpadded(await digest(secret)) } },
        };
    },

    /** Downloads an encrypted file, checks its hash and decrypts it. {file: of a message's content} → base64 */
    async download({ file }, name) {
        const { client } = one(name);
        const answer = await fetch(client.mxcUrlToHttp(file.url, undefined, undefined, undefined, false, true, true), {
            headers: { Authorization: `Bearer ${client.getAccessToken()}` }, signal: AbortSignal.timeout(limit),
        });
        if (!answer.ok) throw new Error(`download ${file.url}: ${answer.status} ${await answer.text()}`);
        const secret = Buffer.from(await answer.arrayBuffer());
        if (unpadded(await digest(secret)) !== file.hashes.sha256) throw new Error(`download ${file.url}: this is not what was uploaded`);
        const key = await crypto.subtle.importKey("jwk", file.key, { name: "AES-CTR" }, false, ["decrypt"]);
        const plain = await crypto.subtle.decrypt({ name: "AES-CTR", counter: Buffer.from(file.iv, "base64"), length: 64 }, key, secret);
        return Buffer.from(plain).toString("base64");
    },

    /** What a room shows, oldest first. {room} → {changes, events} */
    async events({ room: id }, name) {
        const device = one(name);
        const { changes } = device;
        const room = await device.room(id);
        const timelines = [room.getLiveTimeline()];
        for (;;) {
            const [first] = timelines;
            if (first.getPaginationToken(sdk.Direction.Backward)) {
                await device.client.paginateEventTimeline(first, { backwards: true, limit: 1000 });
            }
            const before = first.getNeighbouringTimeline(sdk.Direction.Backward);
            if (before) timelines.unshift(before);
            else if (!first.getPaginationToken(sdk.Direction.Backward)) break;
        }
        const seen = timelines.flatMap((timeline) => timeline.getEvents()).filter((event) => event.status === null);
        return { changes, events: await Promise.all(seen.map((event) => show(device.client, event))) };
    },

    /**
     * What the server has of a room, oldest first. {room} → {events}
     *
     * Dendrite that was killed may never show a client what it has, unless the client asks for it.
     */
    async history({ room: id }, name) {
        const device = one(name);
        const { client } = device;
        const room = await device.room(id);
        const limit = 1_000_000; // as in events.go
        const query = { dir: "b", limit, filter: JSON.stringify({ limit }) };
        const chunk = [];
        for (;;) {
            const answer = await client.http.authedRequest(sdk.Method.Get, `/rooms/${encodeURIComponent(id)}/messages`, query);
            chunk.push(...answer.chunk);
            if (!answer.end || answer.end === query.from || answer.chunk.some((event) => event.type === "m.room.create")) break;
            query.from = answer.end;
        }
        const known = chunk.reverse().map((event) => room.findEventById(event.event_id) ?? client.getEventMapper()(event));
        return { events: await Promise.all(known.map((event) => show(client, event))) };
    },

    /** Waits until something has happened since, or for some milliseconds. {since, milliseconds} */
    async wait({ since, milliseconds }, name) {
        await one(name).change(since, Math.min(milliseconds, limit));
    },

    /** Has the next message in a room encrypted with a new key. {room} */
    async rotate({ room }, name) {
        await one(name).client.getCrypto().forceDiscardSession(room);
    },

    /** Holds back the keys of what is sent from now on. */
    hold(_, name) {
        one(name).held ??= [];
    },

    /** Sends what was held back. → how many requests */
    release(_, name) {
        return one(name).release();
    },

    /** What is known of somebody's devices. {of} → {device: {signed: by its owner}} */
    async devices({ of }, name) {
        const own = one(name).client.getCrypto();
        const known = (await own.getUserDeviceInfo([of], true)).get(of) ?? new Map();
        const answer = {};
        for (const id of known.keys()) answer[id] = (await own.getDeviceVerificationStatus(of, id))?.signedByOwner ?? false;
        return answer;
    },
};

function one(name) {
    const device = devices.get(name);
    if (!device) throw new Error(`${name} has not been started`);
    return device;
}

/** An event in the form of the client-server API, decrypted, with what the client says about its encryption. */
async function show(client, event) {
    await client.decryptEventIfNeeded(event);
    const unreadable = event.isDecryptionFailure();
    const said = {
        event_id: event.getId(), sender: event.getSender(), origin_server_ts: event.getTs(), state_key: event.getStateKey(),
        type: unreadable ? event.getWireType() : event.getType(),
        content: unreadable ? {} : event.getOriginalContent(),
        redacts: event.event.redacts,
        unsigned: { redacted_because: event.getUnsigned().redacted_because },
    };
    const crypto = { encrypted: event.isEncrypted() };
    if (unreadable) crypto.unreadable = event.decryptionFailureReason ?? "UNKNOWN_ERROR";
    if (event.isEncrypted() && !event.isRedacted()) {
        const own = client.getCrypto();
        const info = await own.getEncryptionInfoForEvent(event);
        if (info && info.shieldColour !== EventShieldColour.NONE) {
            crypto.shield = EventShieldColour[info.shieldColour];
            crypto.reason = EventShieldReason[info.shieldReason];
        }
        const known = (await own.getUserDeviceInfo([event.getSender()])).get(event.getSender()) ?? new Map();
        for (const device of known.values()) {
            if (device.getIdentityKey() !== event.getSenderKey()) continue;
            crypto.device = device.deviceId;
            crypto.signed = (await own.getDeviceVerificationStatus(event.getSender(), device.deviceId))?.signedByOwner ?? false;
        }
        crypto.session = event.getWireContent().session_id;
        crypto.index = index(event.getWireContent().ciphertext);
    }
    if (event.replacingEventId()) crypto.shows = event.getContent().body;
    return { ...said, crypto };
}

/** The message index of a Megolm message: after its version, 3, and the index's tag, 8, as a varint. */
function index(ciphertext) {
    const bytes = Buffer.from(ciphertext, "base64");
    if (bytes[0] !== 3 || bytes[1] !== 8) throw new Error("this is no Megolm message");
    let index = 0;
    for (let i = 2, shift = 0; ; i++, shift += 7) {
        index |= (bytes[i] & 0x7f) << shift;
        if (bytes[i] < 0x80) return index;
    }
}

function digest(data) {
    return crypto.subtle.digest("SHA-256", data);
}

function unpadded(data) {
    return Buffer.from(data).toString("base64").replace(/=+$/, "");
}

for await (const line of createInterface({ input: process.stdin, crlfDelay: Infinity })) {
    const { id, op, as, ...request } = JSON.parse(line);
    (async () => operations[op](request, as))().then(
        (result) => process.stdout.write(JSON.stringify({ id, result: result ?? null }) + "\n"),
        (error) => process.stdout.write(JSON.stringify({ id, error: error?.message ?? String(error) }) + "\n"),
    );
}
process.exit(0); // whatever still runs
