/** Where instances and backups belong: a project in a region. */
export interface Location {
  readonly region: string;
  readonly project: string;
}
