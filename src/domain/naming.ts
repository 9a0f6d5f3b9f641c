/** A rule on a text: the pattern that decides, and the sentence that a user reads when it is broken. */
export interface TextRule {
  readonly pattern: RegExp;
  readonly sentence: string;
}

/** Source document, step 5 of every method. ASCII only; case-sensitive. */
export const BACKUP_NAME: TextRule = {
  pattern: /^[A-Za-z][A-Za-z0-9_-]{3,63}$/,
  sentence:
    'The backup name must consist of 4 to 64 characters and start with a letter. It can contain only uppercase letters, lowercase letters, digits, hyphens (-), and underscores (_).',
};

/** Source document, step 5. Its Chinese original says "no Enter", so a line feed is refused like a carriage return. Characters are code points. */
export const BACKUP_DESCRIPTION: TextRule = {
  pattern: /^[^\0\r\n>!<"&'=]{0,256}$/u,
  sentence:
    'The description consists of a maximum of 256 characters and cannot contain the carriage return character, the line feed character, or the following special characters: >!<"&\'=',
};

/** Same rule as a backup's name (DESIGN, GraphQL contract). */
export const INSTANCE_NAME: TextRule = {
  pattern: BACKUP_NAME.pattern,
  sentence: BACKUP_NAME.sentence.replace('backup name', 'instance name'),
};

/** Projects are folders of the artifact store, so they stay plain. */
export const PROJECT_NAME: TextRule = {
  pattern: /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/,
  sentence:
    'The project must consist of 1 to 64 characters and start with a letter or digit. It can contain only uppercase letters, lowercase letters, digits, hyphens (-), and underscores (_).',
};

export const REGION_NAME: TextRule = {
  pattern: PROJECT_NAME.pattern,
  sentence: PROJECT_NAME.sentence.replace('project', 'region'),
};

/** Longest name, project or region there is, so also the longest that is worth looking for. */
export const MAX_NAME_LENGTH = 64;
/** Longest database name that an engine allows, in characters (SQLite: a file name). */
export const MAX_DATABASE_NAME_LENGTH = 255;
/** Longest connection URL taken, in characters. */
export const MAX_URL_LENGTH = 2048;
/** Most databases that one backup may name. */
export const MAX_NAMED_DATABASES = 1000;
/** Most backups that one call may delete (the cloud's own limit). */
export const MAX_DELETED_BACKUPS = 50;
