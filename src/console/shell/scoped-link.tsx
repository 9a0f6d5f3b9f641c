import Link from '@cloudscape-design/components/link';
import type { ReactElement, ReactNode } from 'react';
import { useNavigate } from 'react-router';
import { toScopedPath, useScope } from './scope';

interface ScopedLinkProps {
  /** Path of the console, without region and project. */
  readonly to: string;
  /** Other search parameters. */
  readonly search?: Readonly<Record<string, string>>;
  readonly children: ReactNode;
}

/** A link to another page of the console, in the same region and project. */
export function ScopedLink({ to, search, children }: ScopedLinkProps): ReactElement {
  const navigate = useNavigate();
  const href = toScopedPath(to, useScope(), search);
  return (
    <Link
      href={href}
      onFollow={(event) => {
        event.preventDefault();
        void navigate(href);
      }}
    >
      {children}
    </Link>
  );
}
