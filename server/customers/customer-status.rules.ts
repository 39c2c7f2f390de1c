/** `pending`: waits for somebody who may validate it, and so do the licences given to it by hand. `erased`: its personal data is gone; only what bookkeeping needs is left. */
export const customerStatuses = ['validated', 'pending', 'suspended', 'erased'] as const;
export type CustomerStatus = (typeof customerStatuses)[number];

/** The reason of licences that are suspended because their customer is: they come back with it. */
export const customerSuspended = 'customer_suspended';

/** The reason of licences that have ended because their customer was erased. */
export const customerErased = 'customer_erased';

/** What can be done to a customer by hand. */
export const customerActions = ['validate', 'suspend', 'reactivate'] as const;
export type CustomerAction = (typeof customerActions)[number];

const results: Record<CustomerAction, { from: CustomerStatus[]; to: CustomerStatus }> = {
  validate: { from: ['pending'], to: 'validated' },
  suspend: { from: ['pending', 'validated'], to: 'suspended' },
  reactivate: { from: ['suspended'], to: 'validated' },
};

/** The status that an action leads to; undefined when it cannot be done to a customer in this one. */
export function statusAfter(action: CustomerAction, status: string): CustomerStatus | undefined {
  const { from, to } = results[action];
  return from.some((candidate) => candidate === status) || status === to ? to : undefined;
}

/** The actions that change a customer in this status. */
export function actionsOn(status: string): CustomerAction[] {
  return customerActions.filter((action) => results[action].from.some((candidate) => candidate === status));
}
