/** Which controls each section of the report supports with evidence. None of them is satisfied by it alone. */

interface Controls {
  readonly soc2: string;
  readonly iso27001: string;
  readonly nist80053: string;
}

export type Section = 'integrity' | 'recorded' | 'policies' | 'decisions' | 'breakGlass' | 'unreleased' | 'interventions' | 'refusals';

/** SOC 2 (trust services criteria 2017), ISO/IEC 27001:2022 annex A, NIST SP 800-53 rev. 5 as FedRAMP uses it. */
export const CONTROLS: Readonly<Record<Section, Controls>> = {
  integrity: { soc2: 'CC7.2', iso27001: 'A.8.15', nist80053: 'AU-9, AU-10' },
  recorded: { soc2: 'CC7.2', iso27001: 'A.8.15, A.8.16', nist80053: 'AU-2, AU-3, AU-12' },
  policies: { soc2: 'CC6.1, CC8.1', iso27001: 'A.5.15, A.8.3', nist80053: 'AC-3, AC-6, CM-3' },
  decisions: { soc2: 'CC6.1, CC6.3, CC8.1', iso27001: 'A.5.3, A.5.15, A.8.2, A.8.3', nist80053: 'AC-3, AC-5, AC-6, AU-3, AU-10, CM-3' },
  breakGlass: { soc2: 'CC6.1, CC6.3, CC7.2', iso27001: 'A.8.2, A.8.16', nist80053: 'AC-6, AU-6' },
  unreleased: { soc2: 'CC6.1, CC7.2', iso27001: 'A.8.3, A.8.16', nist80053: 'AC-3, AU-6' },
  interventions: { soc2: 'CC6.1, CC6.3, CC7.2', iso27001: 'A.5.15, A.8.2, A.8.16', nist80053: 'AC-2, AC-6, AU-6' },
  refusals: { soc2: 'CC6.1, CC7.2', iso27001: 'A.5.15, A.8.16', nist80053: 'AC-3, AU-2, AU-6' },
};
