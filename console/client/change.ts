/** Changes by the user: each reports its outcome and refreshes the shown data. */
import { notifications } from '@mantine/notifications';
import { useMutation, type UseMutationResult } from '@tanstack/react-query';
import { texts } from '../parts/texts.ts';
import { messageOf, queryClient } from './server.ts';

export interface Change<Input, Output> {
  readonly change: (input: Input) => Promise<Output>;
  /** The notification after success. */
  readonly done: (output: Output, input: Input) => string;
  /** Whether the page shows errors itself. Default: they are notifications. */
  readonly showsErrors?: boolean;
  readonly onDone?: (output: Output) => void;
}

export function useChange<Input, Output>({
  change,
  done,
  showsErrors = false,
  onDone,
}: Change<Input, Output>): UseMutationResult<Output, Error, Input> {
  return useMutation({
    mutationFn: change,
    onSuccess: async (output, input) => {
      notifications.show({ message: done(output, input), color: 'green' });
      onDone?.(output);
      await queryClient.invalidateQueries();
    },
    onError: (error) => {
      if (!showsErrors)
        notifications.show({ title: texts.refused, message: messageOf(error), color: 'red', autoClose: 10_000 });
    },
  });
}
