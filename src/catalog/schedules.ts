/** What all servers of a catalog do by one schedule: each occurrence is for one of them. */
export interface ScheduleReader {
  /**
   * COMPLETED backups that no verification runs of, those first that were neither proved nor tried for the longest time.
   * Of those that never were, the oldest first.
   */
  listProofQueue(limit: number): Promise<readonly string[]>;
}

export interface ScheduleWriter extends ScheduleReader {
  /** Makes a schedule known: its occurrences count from that moment on. One that is known stays as it is. */
  begin(name: string, at: Date): Promise<void>;
  /** Claims an occurrence. False when it was claimed, or a later one was. */
  claim(name: string, occurrence: Date): Promise<boolean>;
  /** Writes down that a backup is being tried to be proved, whatever comes of it. False when it is not COMPLETED any more. */
  noteProofTry(backupId: string, at: Date): Promise<boolean>;
}
