// A second implementation of the envelope and the receipt, written after PROTOCOL.md, sections 1, 4 and 5.
// It shares nothing with the program: another language, another HPKE library, another X-Wing.
// Usage: node reader.mjs VECTORS.json; prints one JSON object with what it makes of each vector.

import { createHash, createPrivateKey, createPublicKey, randomBytes, sign, verify } from "node:crypto";
import { readFileSync } from "node:fs";
import * as HPKE from "hpke";
import { KEM_MLKEM768_X25519 } from "@panva/hpke-noble";

const SUITE = "RENKEI-2-XWING-HKDFSHA256-AES256GCM-ED25519";
const RETIRED = new Set(["RENKEI-1-X25519-HKDFSHA256-AES128GCM-ED25519"]);
const [MOST_ENVELOPE, MOST_HEADER, MOST_RECEIPT, ENCAPSULATED, SALT, SIGNATURE] = [65536, 2048, 2048, 1120, 32, 64];
const TOLERANCE = 300_000;
const suite = new HPKE.CipherSuite(KEM_MLKEM768_X25519, HPKE.KDF_HKDF_SHA256, HPKE.AEAD_AES_256_GCM);

class Refused extends Error {}
const refuse = (code) => { throw new Refused(code); };
const sha256 = (...parts) => createHash("sha256").update(Buffer.concat(parts)).digest();
const label = (text) => Buffer.from(text + "\0", "latin1");
const u32 = (number) => { const raw = Buffer.alloc(4); raw.writeUInt32BE(number); return raw; };
const keyId = (raw) => sha256(raw).toString("hex").slice(0, 32);

// ── Canonical JSON (section 1) ─────────────────────────────────────────────────────────────────────

const escaped = (text) =>
  JSON.stringify(text).replace(/[\u007f-\uffff]/g, (unit) =>
    unit === "\u007f" ? unit : "\\u" + unit.charCodeAt(0).toString(16).padStart(4, "0"));
const canonical = (value) =>
  "{" + Object.keys(value).sort().map((name) => `${escaped(name)}:${escaped(value[name])}`).join(",") + "}";

const digits = (length) => new RegExp(`^[0-9a-f]{${length}}$`);
const NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;
const TIME = /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6}Z$/;
const isTime = (text) => TIME.test(text) && !Number.isNaN(Date.parse(text));
const isText = (text) => text.length <= 64;
const FORMS = {
  protocol: isText, suite: isText, id: (text) => digits(32).test(text),
  purpose: (text) => ["message", "notice", "result", "holdings"].includes(text),
  sender: (text) => NAME.test(text), recipient: (text) => NAME.test(text),
  sender_key: (text) => digits(32).test(text), recipient_key: (text) => digits(32).test(text),
  recipient_signing_key: (text) => digits(32).test(text),
  municipality: (text) => /^[0-9]{6}$/.test(text), peer_version: (text) => NAME.test(text),
  created_at: isTime, received_at: isTime,
  content_digest: (text) => digits(64).test(text), envelope_digest: (text) => digits(64).test(text),
};
const HEADER = ["protocol", "suite", "id", "purpose", "sender", "sender_key", "recipient", "recipient_key",
  "municipality", "peer_version", "created_at", "content_digest"];
const RECEIPT = ["protocol", "id", "envelope_digest", "content_digest", "sender", "recipient",
  "recipient_signing_key", "municipality", "peer_version", "received_at"];

function read(raw, fields, code) {
  let value;
  try { value = JSON.parse(new TextDecoder("utf-8", { fatal: true }).decode(raw)); } catch { refuse(code); }
  if (value === null || typeof value !== "object" || Array.isArray(value)) refuse(code);
  if (Object.keys(value).sort().join() !== [...fields].sort().join()) refuse(code);
  for (const name of fields) if (typeof value[name] !== "string" || !FORMS[name](value[name])) refuse(code);
  if (canonical(value) !== raw.toString("latin1")) refuse(code);
  return value;
}

// ── Keys ───────────────────────────────────────────────────────────────────────────────────────────

const PKCS8 = Buffer.from("302e020100300506032b657004220420", "hex");
const SPKI = Buffer.from("302a300506032b6570032100", "hex");
const signingKey = (raw) => createPrivateKey({ key: Buffer.concat([PKCS8, raw]), format: "der", type: "pkcs8" });
const verifyingKey = (raw) => createPublicKey({ key: Buffer.concat([SPKI, raw]), format: "der", type: "spki" });

function party(name, described) {
  const hex = (field) => Buffer.from(described[field], "hex");
  return { name, signing: signingKey(hex("signing_private")), verifying: verifyingKey(hex("signing_public")),
    signingId: keyId(hex("signing_public")), sealingId: keyId(hex("sealing_public")),
    seed: hex("sealing_seed"), sealing: hex("sealing_public") };
}

// ── Envelope (section 4) ───────────────────────────────────────────────────────────────────────────

function counted(raw, most) {
  if (raw.length < 4) refuse("envelope_truncated");
  const length = raw.readUInt32BE();
  if (length > most) refuse("envelope_malformed");
  if (raw.length < 4 + length) refuse("envelope_truncated");
  return [raw.subarray(4, 4 + length), raw.subarray(4 + length)];
}

function takeApart(raw) {
  if (raw.length > MOST_ENVELOPE) refuse("envelope_too_large");
  if (raw.subarray(0, 4).toString("latin1") !== "RNK1") refuse("envelope_malformed");
  const [headerBytes, rest] = counted(raw.subarray(4), MOST_HEADER);
  const [sealed, signature] = counted(rest, MOST_ENVELOPE);
  if (signature.length !== SIGNATURE) refuse("envelope_truncated");
  return { raw, headerBytes, sealed, signature, header: read(headerBytes, HEADER, "envelope_malformed") };
}

const signedPart = (headerBytes, sealed) =>
  Buffer.concat([label("renkei/1 envelope signature"), u32(headerBytes.length), headerBytes, sha256(sealed)]);
const info = (headerBytes) => Buffer.concat([label("renkei/1 envelope seal"), headerBytes]);
const contentDigest = (plain) => sha256(label("renkei/1 content digest"), plain).toString("hex");

async function open(raw, { recipient, sender, purposes, world }) {
  const { header, headerBytes, sealed, signature } = takeApart(raw);
  if (header.protocol !== "renkei/1") refuse("envelope_protocol_unknown");
  if (RETIRED.has(header.suite)) refuse("envelope_suite_retired");
  if (header.suite !== SUITE) refuse("envelope_suite_unknown");
  if (header.recipient !== recipient.name) refuse("envelope_misaddressed");
  if (header.recipient_key !== recipient.sealingId) refuse("envelope_recipient_key_unknown");
  if (header.municipality !== world.municipality) refuse("envelope_municipality_foreign");
  if (!purposes.includes(header.purpose)) refuse("envelope_purpose_foreign");
  if (header.sender !== sender.name) refuse("envelope_sender_unknown");
  if (header.sender_key !== sender.signingId) refuse("envelope_sender_key_unknown");
  if (!inForce(header.created_at, world)) refuse("envelope_sender_key_not_in_force");
  if (Date.parse(header.created_at) > Date.parse(world.now) + TOLERANCE) refuse("envelope_from_future");
  if (!verify(null, signedPart(headerBytes, sealed), sender.verifying, signature)) refuse("envelope_signature_broken");
  const keys = await suite.DeserializePrivateKey(recipient.seed);
  let plain;
  try {
    const [kem, ciphertext] = [sealed.subarray(0, ENCAPSULATED), sealed.subarray(ENCAPSULATED)];
    plain = Buffer.from(await suite.Open(keys, kem, ciphertext, { info: info(headerBytes) }));
  } catch { refuse("envelope_seal_broken"); }
  if (plain.length < SALT || contentDigest(plain) !== header.content_digest) refuse("envelope_content_changed");
  return plain.subarray(SALT);
}

const inForce = (time, world) => world.valid_from <= time && time < world.valid_to;

async function seal(content, template, sender, recipient) {
  const plain = Buffer.concat([randomBytes(SALT), content]);
  const headerBytes = Buffer.from(canonical({ ...template, content_digest: contentDigest(plain) }), "latin1");
  const key = await suite.DeserializePublicKey(recipient.sealing);
  const made = await suite.Seal(key, plain, { info: info(headerBytes) });
  const sealed = Buffer.concat([made.encapsulatedSecret, made.ciphertext]);
  const signature = sign(null, signedPart(headerBytes, sealed), sender.signing);
  return Buffer.concat([Buffer.from("RNK1"), u32(headerBytes.length), headerBytes, u32(sealed.length), sealed, signature]);
}

// ── Receipt (section 5) ────────────────────────────────────────────────────────────────────────────

const leafHash = (leaf) => sha256(Buffer.from([0]), leaf);
const nodeHash = (left, right) => sha256(Buffer.from([1]), left, right);

// The subtree over `count` leaves splits at the largest power of two below it (RFC 9162, 2.1.1); the path, read from
// its end, goes down those splits.
function rootOf(hash, index, count, path) {
  if (count === 1) return path.length === 0 ? hash : refuse("receipt_malformed");
  if (path.length === 0) refuse("receipt_malformed");
  const split = 2 ** Math.floor(Math.log2(count - 1));
  const [rest, beside] = [path.slice(0, -1), path.at(-1)];
  return index < split
    ? nodeHash(rootOf(hash, index, split, rest), beside)
    : nodeHash(beside, rootOf(hash, index - split, count - split, rest));
}

function checkReceipt(raw, envelope, signer, world) {
  if (raw.length > MOST_RECEIPT || raw.length < 8 + SIGNATURE) refuse("receipt_malformed");
  const length = raw.readUInt32BE();
  const hashes = (raw.length - 8 - length - SIGNATURE) / 32;
  if (hashes < 0 || !Number.isInteger(hashes)) refuse("receipt_malformed");
  const [body, signature] = [raw.subarray(4, 4 + length), raw.subarray(-SIGNATURE)];
  const [index, count] = [raw.readUInt16BE(4 + length), raw.readUInt16BE(6 + length)];
  const path = Array.from({ length: hashes }, (_, at) => raw.subarray(8 + length + 32 * at, 40 + length + 32 * at));
  const told = read(body, RECEIPT, "receipt_malformed");
  if (index >= count) refuse("receipt_malformed");
  const root = rootOf(leafHash(body), index, count, path);
  const { header } = envelope;
  const wanted = { protocol: "renkei/1", id: header.id, envelope_digest: sha256(envelope.raw).toString("hex"),
    content_digest: header.content_digest, sender: header.sender, recipient: header.recipient,
    municipality: header.municipality, peer_version: header.peer_version };
  for (const [name, value] of Object.entries(wanted)) if (told[name] !== value) refuse("receipt_of_another");
  if (told.recipient_signing_key !== signer.signingId) refuse("receipt_key_unknown");
  const signed = Buffer.concat([label("renkei/1 receipt signature"), raw.subarray(6 + length, 8 + length), root]);
  if (!verify(null, signed, signer.verifying, signature)) refuse("receipt_signature_broken");
  if (!inForce(told.received_at, world)) refuse("receipt_key_not_in_force");
  if (Date.parse(told.received_at) < Date.parse(header.created_at) - TOLERANCE) refuse("receipt_time_implausible");
  return "holds";
}

// ── All vectors ────────────────────────────────────────────────────────────────────────────────────

async function codeOf(act) {
  try { await act(); } catch (error) {
    if (error instanceof Refused) return error.message;
    throw error;
  }
  return "nothing was refused";
}

const world = JSON.parse(readFileSync(process.argv[2], "utf-8"));
const parties = Object.fromEntries(Object.entries(world.parties).map(([name, one]) => [name, party(name, one)]));
const [terminal, agency] = [parties["131041-01"], parties["rehearsal-agency"]];
const atAgency = { recipient: agency, sender: terminal, purposes: ["message"], world };
const atTerminal = { recipient: terminal, sender: agency, purposes: ["notice", "result"], world };
const bytes = (text) => Buffer.from(text, "hex");
const told = { opened: [], refused: [], receipts_refused: [], sealed: [] };

for (const vector of world.opened) {
  const raw = bytes(vector.envelope);
  const reader = vector.header.recipient === agency.name ? atAgency : atTerminal;
  const content = await open(raw, reader);
  const receipt = checkReceipt(bytes(vector.receipt), takeApart(raw), reader.recipient, world);
  told.opened.push({ content: content.toString("hex"), receipt });
  const sealed = await seal(bytes(vector.content), vector.header, reader.sender, reader.recipient);
  told.sealed.push(sealed.toString("hex"));
}
for (const vector of world.refused) told.refused.push(await codeOf(() => open(bytes(vector.envelope), atAgency)));
for (const vector of world.receipts_refused) {
  const envelope = takeApart(bytes(vector.envelope));
  told.receipts_refused.push(await codeOf(() => checkReceipt(bytes(vector.receipt), envelope, agency, world)));
}
process.stdout.write(JSON.stringify(told));
