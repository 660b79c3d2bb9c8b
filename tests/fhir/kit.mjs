// A FHIR client of another maker, as a platform would write it: reads what we do, asks, follows.
import fs from "node:fs";
import * as kit from "fhir-kit-client";

const Client = kit.default?.default ?? kit.default ?? kit.Client;
const [, , baseUrl, key, message] = process.argv;
const client = new Client({ baseUrl, customHeaders: { Authorization: `Bearer ${key}` } });
const headers = { "Content-Type": "application/fhir+json" };
const statement = await client.capabilityStatement();
const input = JSON.parse(fs.readFileSync(message, "utf8"));
const answer = await client.operation({ name: "$process-message", input, options: { headers } });
const task = answer.entry.map((one) => one.resource).find((one) => one.resourceType === "Task");
const read = await client.read({ resourceType: "Task", id: task.id });
const found = await client.search({ resourceType: "Task", searchParams: { "focus:identifier": "DI-ESSAI-000001" } });
let refused;
try {
  await client.read({ resourceType: "Task", id: "inconnue" });
} catch (error) {
  refused = error.response.data.resourceType;
}
console.log(JSON.stringify({ version: statement.fhirVersion, read: read.status, total: found.total, refused }));
