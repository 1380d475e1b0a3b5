#!/usr/bin/env node
// Creates a macOS configuration profile for Claude Desktop and Claude Code from two exports.
//
//   rollcall export claude-desktop-managed --registry approved --output desktop.json
//   rollcall export claude-code-managed-settings --registry approved --mode both --output code.json
//   node mobileconfig.mjs desktop.json code.json > approved-mcp-servers.mobileconfig
//
// Claude Desktop takes the list as one JSON string; Claude Code takes the settings as property list values. The identifiers depend
// only on the content, so that the same exports give the same profile.
import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';

const [desktopFile, codeFile] = process.argv.slice(2);
if (desktopFile === undefined || codeFile === undefined) {
  console.error('Usage: node mobileconfig.mjs DESKTOP_EXPORT CODE_EXPORT');
  process.exit(2);
}
const desktop = JSON.parse(readFileSync(desktopFile, 'utf8'));
const code = JSON.parse(readFileSync(codeFile, 'utf8'));

const escape = (text) => text.replace(/[&<>]/g, (character) => `&#${character.charCodeAt(0)};`);

/** A value of JSON as a property list. */
function plist(value) {
  if (typeof value === 'string') return `<string>${escape(value)}</string>`;
  if (typeof value === 'boolean') return value ? '<true/>' : '<false/>';
  if (typeof value === 'number')
    return Number.isInteger(value) ? `<integer>${value}</integer>` : `<real>${value}</real>`;
  if (Array.isArray(value)) return `<array>${value.map(plist).join('')}</array>`;
  const members = Object.entries(value).map(([name, member]) => `<key>${escape(name)}</key>${plist(member)}`);
  return `<dict>${members.join('')}</dict>`;
}

function uuid(text) {
  const hex = createHash('sha256').update(text).digest('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), `5${hex.slice(13, 16)}`, `8${hex.slice(17, 20)}`, hex.slice(20, 32)]
    .join('-')
    .toUpperCase();
}

function payload(domain, content) {
  return {
    PayloadType: domain,
    PayloadVersion: 1,
    PayloadIdentifier: `com.example.approved-mcp-servers.${domain}`,
    PayloadUUID: uuid(domain + JSON.stringify(content)),
    ...content,
  };
}

const payloads = [
  payload('com.anthropic.claudefordesktop', { managedMcpServers: JSON.stringify(desktop.managedMcpServers) }),
  payload('com.anthropic.claudecode', code),
];
const profile = {
  PayloadType: 'Configuration',
  PayloadVersion: 1,
  PayloadScope: 'System',
  PayloadDisplayName: 'Approved MCP servers',
  PayloadIdentifier: 'com.example.approved-mcp-servers',
  PayloadUUID: uuid(JSON.stringify(payloads)),
  PayloadContent: payloads,
};
console.log(`<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE plist PUBLIC "-//Apple//DTD PLIST 1.0//EN" "http://www.apple.com/DTDs/PropertyList-1.0.dtd">
<plist version="1.0">${plist(profile)}</plist>`);
