// A region of property listings as it is usually written: Express, pg and kafkajs.
//
// Knows nothing of Atoll. It is measured beside it (bench/README.md), and the tests put it beside
// an Atoll region on one topic. From the environment: REGION, PORT, DATABASE_URL, KAFKA_BROKER,
// KAFKA_TOPIC. Its packages lie in build/peers: tools/install test puts them there.
"use strict";

const express = require("express");
const { Kafka, logLevel } = require("kafkajs");
const { Pool } = require("pg");

const region = process.env.REGION;
const topic = process.env.KAFKA_TOPIC || "property-updates";
const pool = new Pool({ connectionString: process.env.DATABASE_URL, max: 20 });
const kafka = new Kafka({
  clientId: `backend-${region}`,
  brokers: [process.env.KAFKA_BROKER],
  logLevel: logLevel.ERROR,
  retry: { initialRetryTime: 100, retries: 50 },
});
const producer = kafka.producer();
const consumer = kafka.consumer({
  groupId: `${topic}.${region}`,
  sessionTimeout: 6000,
  heartbeatInterval: 500,
});

const tables = `
CREATE TABLE IF NOT EXISTS properties (
    id BIGINT PRIMARY KEY, price DECIMAL(12,2) NOT NULL, bedrooms INTEGER, bathrooms INTEGER,
    region_origin VARCHAR(2) NOT NULL, version INTEGER NOT NULL DEFAULT 1,
    updated_at TIMESTAMP NOT NULL DEFAULT NOW());
CREATE TABLE IF NOT EXISTS request_ids (id TEXT PRIMARY KEY, at TIMESTAMP NOT NULL DEFAULT NOW())`;

const update = `
UPDATE properties SET price = $1, version = version + 1, updated_at = $2
WHERE id = $3 AND version = $4 RETURNING *`;

// What another region wrote: only when it is news.
const apply = `
INSERT INTO properties (id, price, bedrooms, bathrooms, region_origin, version, updated_at)
VALUES ($1, $2, $3, $4, $5, $6, $7)
ON CONFLICT (id) DO UPDATE SET price = $2, version = $6, updated_at = $7
WHERE properties.version < $6`;

const uniqueViolation = "23505";

// Runs all of it, or nothing.
async function inTransaction(work) {
  const client = await pool.connect();
  try {
    await client.query("BEGIN");
    const result = await work(client);
    await client.query("COMMIT");
    return result;
  } catch (error) {
    await client.query("ROLLBACK");
    throw error;
  } finally {
    client.release();
  }
}

class Refusal extends Error {
  constructor(status, detail) {
    super(detail);
    this.status = status;
  }
}

async function writePrice(id, { price, version }, requestId) {
  return inTransaction(async (client) => {
    if (requestId) await client.query("INSERT INTO request_ids (id) VALUES ($1)", [requestId]);
    const written = await client.query(update, [price, new Date().toISOString(), id, version]);
    if (written.rowCount === 0) throw new Refusal(409, "version conflict");
    return written.rows[0];
  });
}

const app = express();
app.use(express.json());

app.get("/:region/health", (request, response) => response.json({ status: "ok", region }));

app.get("/:region/properties/:id", async (request, response) => {
  const found = await pool.query("SELECT * FROM properties WHERE id = $1", [request.params.id]);
  if (found.rowCount === 0) throw new Refusal(404, "there is no such property");
  response.json(found.rows[0]);
});

app.put("/:region/properties/:id", async (request, response) => {
  const { id } = request.params;
  const row = await writePrice(id, request.body, request.get("X-Request-ID"));
  const value = JSON.stringify({ ...row, region_origin: region });
  producer.send({ topic, acks: -1, messages: [{ key: id, value }] }).catch(console.error);
  response.json(row);
});

// Express knows it by its four parameters.
app.use((error, request, response, next) => {
  if (error.code === uniqueViolation) error = new Refusal(422, "duplicate request");
  response.status(error.status || 500).json({ detail: error.message });
});

async function consume({ message }) {
  const row = JSON.parse(message.value.toString());
  if (row.region_origin === region) return;
  await pool.query(apply, [row.id, row.price, row.bedrooms, row.bathrooms, row.region_origin,
    row.version, row.updated_at]);
}

async function main() {
  await pool.query(tables);
  await producer.connect();
  await consumer.connect();
  await consumer.subscribe({ topic, fromBeginning: true });
  await consumer.run({ eachMessage: consume });
  const server = app.listen(Number(process.env.PORT), "127.0.0.1");
  process.on("SIGTERM", async () => {
    server.close();
    await consumer.disconnect();
    await producer.disconnect();
    process.exit(0);
  });
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
