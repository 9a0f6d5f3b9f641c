import { describe, expect, test } from 'vitest';
import { toEndpoint, toServer } from '../../src/engines/sqlserver/url.js';

const SHARED = 'backupDir=/var/opt/exchange&backupDirLocal=/srv/exchange';

function parse(rest: string, parameters = SHARED): ReturnType<typeof toServer> {
  return toServer(`sqlserver://${rest}?${parameters}`);
}

function faultOf(url: string): unknown {
  try {
    return toServer(url);
  } catch (error) {
    return error;
  }
}

describe('a URL of a SQL Server', () => {
  test('says where it is, as whom to connect, and where files are exchanged', () => {
    expect(parse('backup:p%40ss@db.example.com:1533/')).toEqual({
      host: 'db.example.com',
      port: 1533,
      instanceName: null,
      user: 'backup',
      password: 'p@ss',
      domain: null,
      encrypt: true,
      trustServerCertificate: false,
      hostNameInCertificate: null,
      caFile: null,
      exchange: { kind: 'folder', serverDir: '/var/opt/exchange', localDir: '/srv/exchange' },
    });
    expect(parse('host')).toMatchObject({ port: 1433, user: 'sa', password: '' });
  });

  test.each([
    ['sa:x@db1\\SQLEXPRESS', { host: 'db1', instanceName: 'SQLEXPRESS', port: null }],
    ['sa:x@db1%5CSQLEXPRESS', { host: 'db1', instanceName: 'SQLEXPRESS', port: null }],
    ['sa:x@db1%5cSQLEXPRESS:1500', { host: 'db1', instanceName: 'SQLEXPRESS', port: 1500 }],
    ['CORP\\backup:x@db1', { host: 'db1', instanceName: null, user: 'backup', domain: 'CORP' }],
  ])('may be written as Windows does: %s', (rest, expected) => {
    expect(parse(rest)).toMatchObject(expected);
  });

  test('names an instance, and a domain, by parameters as well', () => {
    expect(parse('sa:x@db1', `${SHARED}&instanceName=SALES&domain=CORP`)).toMatchObject({
      instanceName: 'SALES',
      port: null,
      user: 'sa',
      domain: 'CORP',
    });
  });

  test.each([
    ['encrypt=false', { encrypt: false }],
    ['encrypt=strict', { encrypt: 'strict' }],
    ['encrypt=true&trustServerCertificate=true', { encrypt: true, trustServerCertificate: true }],
    ['hostNameInCertificate=db.corp&caFile=/etc/ca.pem', { hostNameInCertificate: 'db.corp', caFile: '/etc/ca.pem' }],
  ])('sets TLS: %s', (parameters, expected) => {
    expect(parse('host', `${SHARED}&${parameters}`)).toMatchObject(expected);
  });

  test.each([
    ['backupDir=D:%5CBackups&backupDirLocal=/mnt/b', { serverDir: 'D:\\Backups', localDir: '/mnt/b' }],
    ['backupDir=%5C%5Cfiles%5Cbackups&backupDirLocal=/mnt/b', { serverDir: '\\\\files\\backups', localDir: '/mnt/b' }],
    ['backupDir=/srv/b', { serverDir: '/srv/b', localDir: '/srv/b' }],
  ])('names the folder as each of the two sees it: %s', (parameters, expected) => {
    expect(parse('host', parameters).exchange).toEqual({ kind: 'folder', ...expected });
  });

  test('may name the bucket of this server in place of a folder', () => {
    expect(parse('host', 'backupDir=s3').exchange).toEqual({ kind: 'bucket' });
  });

  test.each([
    ['sqlserver://host', 'backupDir'],
    ['sqlserver://host?backupDir=exchange', 'backupDir'],
    ['sqlserver://host?backupDir=D:%5CBackups', 'backupDirLocal'],
    ['sqlserver://host?backupDir=/a&backupDirLocal=b', 'backupDirLocal'],
    [`sqlserver://host?${SHARED}&encrypt=yes`, 'encrypt'],
    [`sqlserver://host?${SHARED}&trustServerCertificate=1`, 'trustServerCertificate'],
    [`sqlserver://host?${SHARED}&caFile=ca.pem`, 'caFile'],
    [`sqlserver://host?${SHARED}&Encrypt=true`, 'parameters'],
    [`sqlserver://host%5C?${SHARED}`, 'host'],
    [`sqlserver://host\\?${SHARED}`, 'host'],
    ['sqlserver:///x', 'host'],
    [`sqlserver://host/SALES?${SHARED}`, 'path'],
    [`sqlserver://sa:%zz@host?${SHARED}`, 'encoding'],
  ])('is refused with a rule and a sentence: %s', (url, rule) => {
    expect(faultOf(url)).toMatchObject({
      code: 'BAD_USER_INPUT',
      details: { fields: [{ path: 'url', rule, message: expect.stringMatching(/^[A-Z].*\.$|, as in sqlserver:/s) }] },
    });
  });

  test.each([
    ['sqlserver://sa:hunter2@db1', 'sqlserver://db1:1433'],
    ['sqlserver://sa:hunter2@db1\\SALES?backupDir=/x', 'sqlserver://db1\\SALES'],
    ['sqlserver://sa:hunter2@db1\\SALES:1500', 'sqlserver://db1\\SALES:1500'],
    ['sqlserver://CORP\\sa:hunter2@db1', 'sqlserver://db1:1433'],
    ['mssql://sa:hunter2@db1', 'sqlserver://db1:1433'],
    ['sqlserver://sa:hun@ter2@db1/x@y', 'sqlserver://…'],
  ])('is shown without credentials: %s', (url, endpoint) => {
    expect(toEndpoint(url)).toBe(endpoint);
  });
});
