import type { ApolloClient } from '@apollo/client';
import { toRefusal } from '../api/refusal';
import type { Refusal } from '../api/refusal';
import type { BackupFilesQuery } from '../gql/graphql';
import { BACKUP_FILES } from './operations';

export type BackupFile = NonNullable<BackupFilesQuery['backup']>['files'][number];

/** Links to the files of a backup, or why there are none. */
export type FileLinks =
  | { readonly files: readonly BackupFile[]; readonly refusal: null }
  | { readonly files: null; readonly refusal: Refusal };

/**
 * Asks for links to the files of a backup: for when the user wants them, as each asking is written to the audit log. It is
 * no query that is watched, which would be asked again with the lists.
 */
export async function askForLinks(client: ApolloClient, backupId: string): Promise<FileLinks> {
  try {
    const { data } = await client.query({
      query: BACKUP_FILES,
      variables: { id: backupId },
      fetchPolicy: 'no-cache',
    });
    return { files: data?.backup?.files ?? [], refusal: null };
  } catch (error) {
    return { files: null, refusal: toRefusal(error) };
  }
}

/** Name of the file in the store, which is the last part of its URL. */
export function toFileName(url: string): string {
  return decodeURIComponent(new URL(url).pathname.split('/').at(-1) ?? '');
}

/** For a POSIX shell: single quotes, in which only they themselves mean anything. */
export function toCurlCommand(url: string): string {
  return `curl -fLo ${quote(toFileName(url))} ${quote(url)}`;
}

function quote(text: string): string {
  return `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
