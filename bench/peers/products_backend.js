// Products as they are usually served: Express, pg and amqplib; a primary, and two read replicas
// that are filled through two queues.
//
// Knows nothing of Atoll. It is measured beside it (bench/README.md). From the environment: PORT,
// DATABASE_URL, REPLICA_1_URL, REPLICA_2_URL, RABBITMQ_URL. Its packages lie in build/peers:
// tools/install test puts them there.
"use strict";

const { randomUUID } = require("node:crypto");

const amqp = require("amqplib");
const express = require("express");
const { Pool } = require("pg");

const pool = (url) => new Pool({ connectionString: url, max: 20 });
const primary = pool(process.env.DATABASE_URL);
const replicas = [process.env.REPLICA_1_URL, process.env.REPLICA_2_URL].filter(Boolean).map(pool);

const tables = `
CREATE TABLE IF NOT EXISTS "Product" (
    id TEXT PRIMARY KEY, name TEXT NOT NULL, price DOUBLE PRECISION NOT NULL,
    stock INTEGER NOT NULL, "createdAt" TIMESTAMP(3) NOT NULL DEFAULT CURRENT_TIMESTAMP,
    "updatedAt" TIMESTAMP(3) NOT NULL)`;

const upsert = `
INSERT INTO "Product" (id, name, price, stock, "createdAt", "updatedAt")
VALUES ($1, $2, $3, $4, $5, $6)
ON CONFLICT (id) DO UPDATE SET name = $2, price = $3, stock = $4, "updatedAt" = $6
RETURNING *`;

const values = (product) => [product.id, product.name, product.price, product.stock,
  product.createdAt, product.updatedAt];

let channel;
let turn = 0;

function nextReplica() {
  turn = (turn + 1) % (replicas.length || 1);
  return replicas[turn] || primary;
}

function tell(queue, text) {
  if (channel) channel.sendToQueue(queue, Buffer.from(text), { persistent: true });
}

// What the API answers.
const answer = (data, message) => ({ success: true, data, message });

class Refusal extends Error {
  constructor(status, detail) {
    super(detail);
    this.status = status;
  }
}

const app = express();
app.use(express.json());

app.get("/health", (request, response) => response.json({ status: "ok" }));

app.get("/api/products", async (request, response) => {
  const limit = Math.min(Number(request.query.limit) || 1000, 10000);
  const found = await nextReplica().query('SELECT * FROM "Product" ORDER BY id LIMIT $1', [limit]);
  response.json(answer(found.rows, "Products retrieved successfully"));
});

app.get("/api/products/:id", async (request, response) => {
  const { id } = request.params;
  const found = await nextReplica().query('SELECT * FROM "Product" WHERE id = $1', [id]);
  if (found.rowCount === 0) throw new Refusal(404, "Product not found");
  response.json(answer(found.rows[0], "Product retrieved successfully"));
});

app.post("/api/products", async (request, response) => {
  const now = new Date().toISOString();
  const product = { id: randomUUID(), ...request.body, createdAt: now, updatedAt: now };
  const written = await primary.query(upsert, values(product));
  tell("products.sync", JSON.stringify(written.rows[0]));
  response.status(201).json(answer(written.rows[0], "Product created successfully"));
});

app.put("/api/products/:id", async (request, response) => {
  const { id } = request.params;
  const { name, price, stock } = request.body;
  const written = await primary.query(
    'UPDATE "Product" SET name = coalesce($2, name), price = coalesce($3, price),' +
      ' stock = coalesce($4, stock), "updatedAt" = $5 WHERE id = $1 RETURNING *',
    [id, name, price, stock, new Date().toISOString()]);
  if (written.rowCount === 0) throw new Refusal(404, "Product not found");
  tell("products.sync", JSON.stringify(written.rows[0]));
  response.json(answer(written.rows[0], "Product updated successfully"));
});

app.delete("/api/products/:id", async (request, response) => {
  const { id } = request.params;
  const gone = await primary.query('DELETE FROM "Product" WHERE id = $1 RETURNING *', [id]);
  if (gone.rowCount === 0) throw new Refusal(404, "Product not found");
  tell("products.delete", id);
  response.json(answer(gone.rows[0], "Product deleted successfully"));
});

// Express knows it by its four parameters.
app.use((error, request, response, next) => {
  response.status(error.status || 500).json({ success: false, data: null, message: error.message });
});

// Each message is acknowledged when all replicas have it.
async function consume(queue, apply) {
  await channel.assertQueue(queue, { durable: true });
  await channel.consume(queue, async (message) => {
    try {
      await Promise.all(replicas.map((replica) => apply(replica, message.content.toString())));
      channel.ack(message);
    } catch (error) {
      console.error(error);
      channel.nack(message, false, false);
    }
  });
}

async function main() {
  await Promise.all([primary, ...replicas].map((one) => one.query(tables)));
  if (process.env.RABBITMQ_URL) {
    const connection = await amqp.connect(process.env.RABBITMQ_URL);
    channel = await connection.createChannel();
    await channel.prefetch(50);
    await consume("products.sync", (replica, text) =>
      replica.query(upsert, values(JSON.parse(text))));
    await consume("products.delete", (replica, id) =>
      replica.query('DELETE FROM "Product" WHERE id = $1', [id]));
  }
  const server = app.listen(Number(process.env.PORT), "127.0.0.1");
  process.on("SIGTERM", () => {
    server.close();
    process.exit(0);
  });
}

main().catch((error) => {
  console.error(error);
  process.exit(1);
});
