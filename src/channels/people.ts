import { Failure } from '../runtime/failure.ts';

/** Why an account of a service stands for nobody; the message speaks to its owner. */
export class NobodyKnown extends Failure {
  /** @param service its name, as people know it */
  constructor(service: string, message: string) {
    super('nobody_known', message, { hint: `Ask an operator to add you to people in the configuration, or to link this ${service} account there.` });
  }
}
