// The FROST of @noble/curves as a process that answers questions: the peer of `custody bench signing` and of the tests
// that mix its signers with ours. One JSON object a line comes in, one goes out; bytes are hex.
//
// For keys made to be thrown away only: secrets pass through here in the clear.

import { readFileSync } from 'node:fs';
import { createInterface } from 'node:readline';
import { secp256k1_FROST as frost } from '@noble/curves/secp256k1.js';

const { Fn } = frost.utils;
const hex = (bytes) => Buffer.from(bytes).toString('hex');
const bytes = (text) => new Uint8Array(Buffer.from(text, 'hex'));
const identifier = (seat) => frost.Identifier.fromNumber(Number(seat));
const seatOf = (id) => Number(Fn.fromBytes(bytes(id)));
const mapValues = (record, change) => Object.fromEntries(Object.entries(record).map(([k, v]) => [k, change(v)]));

const publicOf = ({ threshold, shares, public: point }) => ({
  signers: { min: threshold, max: Object.keys(shares).length },
  commitments: [bytes(point)],
  verifyingShares: Object.fromEntries(Object.entries(shares).map(([seat, share]) => [identifier(seat), bytes(share)])),
});
const listOf = (commitments) =>
  commitments.map(({ seat, hiding, binding }) => ({
    identifier: identifier(seat),
    hiding: bytes(hiding),
    binding: bytes(binding),
  }));
const secretOf = (seat, secret) => ({ identifier: identifier(seat), signingShare: bytes(secret) });

/* ANSWERS */

const nonces = new Map(); // handle -> nonces that have not signed

const answers = {
  hello: () => ({ node: process.version, noble: nobleVersion() }),

  deal: ({ threshold, n }) => {
    const dealt = frost.trustedDealer({ min: threshold, max: n });
    const bySeat = (record, change) => Object.fromEntries(Object.entries(record).map(([id, v]) => [seatOf(id), change(v)]));
    return {
      public: hex(dealt.public.commitments[0]),
      shares: bySeat(dealt.public.verifyingShares, hex),
      secrets: bySeat(dealt.secretShares, (share) => hex(share.signingShare)),
    };
  },

  commit: ({ seat, secret }) => {
    const made = frost.commit(secretOf(seat, secret));
    nonces.set(nonces.size + 1, made.nonces);
    return { handle: nonces.size, hiding: hex(made.commitments.hiding), binding: hex(made.commitments.binding) };
  },

  sign: ({ handle, seat, secret, key, commitments, message }) => ({
    share: hex(
      frost.signShare(secretOf(seat, secret), publicOf(key), nonces.get(handle), listOf(commitments), bytes(message)),
    ),
  }),

  verifyShare: ({ seat, share, key, commitments, message }) => ({
    valid: frost.verifyShare(publicOf(key), listOf(commitments), bytes(message), identifier(seat), bytes(share)),
  }),

  aggregate: ({ key, commitments, message, shares }) => {
    const given = Object.fromEntries(Object.entries(shares).map(([seat, share]) => [identifier(seat), bytes(share)]));
    try {
      return { signature: hex(frost.aggregate(publicOf(key), listOf(commitments), bytes(message), given)), culprits: [] };
    } catch (error) {
      if (!error.cheaters) throw error;
      return { signature: null, culprits: error.cheaters.map(seatOf) };
    }
  },

  verify: ({ signature, message, public: point }) => ({
    valid: frost.verify(bytes(signature), bytes(message), bytes(point)),
  }),

  measure: ({ work, threshold, n, repeats }) => {
    const { prepare, run } = works[work](prepared(threshold, n));
    const inputs = Array.from({ length: repeats }, prepare);
    const began = process.hrtime.bigint();
    for (const input of inputs) run(input);
    return { ms: Number(process.hrtime.bigint() - began) / 1e6 / repeats };
  },
};

// The package exports no package.json, so it is read from beside what is exported.
function nobleVersion() {
  const manifest = new URL('package.json', import.meta.resolve('@noble/curves/secp256k1.js'));
  return JSON.parse(readFileSync(manifest, 'utf8')).version;
}

/* MEASURING: everything from the bytes that came over a wire to those that go out, as on our side */

const cache = new Map();

function prepared(threshold, n) {
  const name = `${threshold}/${n}`;
  if (!cache.has(name)) {
    const dealt = frost.trustedDealer({ min: threshold, max: n });
    const ids = Object.keys(dealt.secretShares).slice(0, threshold);
    const made = ids.map((id) => frost.commit(dealt.secretShares[id]));
    const list = made.map(({ commitments }) => commitments);
    const message = new Uint8Array(32).fill(7);
    const sign = (i, pair, commitments) =>
      frost.signShare(dealt.secretShares[ids[i]], dealt.public, pair, commitments, message);
    // Signing wipes the nonces that it is given, so each signer gets a copy.
    const copy = (pair) => mapValues(pair, (nonce) => nonce.slice());
    const shares = Object.fromEntries(ids.map((id, i) => [id, sign(i, copy(made[i].nonces), list)]));
    const signature = frost.aggregate(dealt.public, list, message, shares);
    cache.set(name, { threshold, n, dealt, ids, made, list, message, sign, copy, shares, signature });
  }
  return cache.get(name);
}

const nothing = () => undefined;

const works = {
  round1: ({ dealt, ids }) => ({ prepare: nothing, run: () => frost.commit(dealt.secretShares[ids[0]]) }),
  round2: ({ made, list, sign, copy }) => ({ prepare: () => copy(made[0].nonces), run: (pair) => sign(0, pair, list) }),
  aggregate: ({ dealt, list, message, shares }) => ({
    prepare: nothing,
    run: () => frost.aggregate(dealt.public, list, message, shares),
  }),
  verify_share: ({ dealt, ids, list, message, shares }) => ({
    prepare: nothing,
    run: () => {
      if (!ids.every((id) => frost.verifyShare(dealt.public, list, message, id, shares[id]))) throw new Error('bad share');
    },
  }),
  verify: ({ dealt, message, signature }) => ({
    prepare: nothing,
    run: () => {
      if (!frost.verify(signature, message, dealt.public.commitments[0])) throw new Error('bad signature');
    },
  }),
  full: ({ dealt, ids, message, sign }) => ({
    prepare: nothing,
    run: () => {
      const made = ids.map((id) => frost.commit(dealt.secretShares[id]));
      const list = made.map(({ commitments }) => commitments);
      const shares = Object.fromEntries(ids.map((id, i) => [id, sign(i, made[i].nonces, list)]));
      frost.aggregate(dealt.public, list, message, shares);
    },
  }),
  ceremony_party: (material) => {
    material.ceremony ??= othersOf(material);
    const { me, signers, published, dealt } = material.ceremony;
    return {
      prepare: nothing,
      run: () => {
        const { secret } = frost.DKG.round1(me, signers);
        frost.DKG.round2(secret, published);
        frost.DKG.round3(secret, published, dealt);
      },
    };
  },
};

// What the other n-1 participants of a key generation publish, and deal to the first.
function othersOf({ threshold, n }) {
  const signers = { min: threshold, max: n };
  const ids = Array.from({ length: n }, (_, i) => identifier(i + 1));
  const others = ids.slice(1).map((id) => frost.DKG.round1(id, signers));
  // Their round 2 would check everybody's proofs n times over; the share is the polynomial's value at 1 all the same.
  const atOne = (coefficients) => Fn.toBytes(coefficients.reduce((sum, next) => Fn.add(sum, next), Fn.ZERO));
  const dealt = others.map(({ public: { identifier: id }, secret }) => ({
    identifier: id,
    signingShare: atOne(secret.coefficients),
  }));
  return { me: ids[0], signers, published: others.map((other) => other.public), dealt };
}

for await (const line of createInterface({ input: process.stdin })) {
  let answer;
  try {
    const { ask, ...question } = JSON.parse(line);
    answer = answers[ask](question);
  } catch (error) {
    answer = { error: String(error.message ?? error) };
  }
  process.stdout.write(`${JSON.stringify(answer)}\n`);
}
