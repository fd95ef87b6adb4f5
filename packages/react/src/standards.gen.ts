// Made by `make gen` from internal/policy. Do not edit.

/** Published timeouts, in the table's order. */
export const standards = [
  {
    "id": "nist-aal1",
    "name": "NIST SP 800-63B-4 AAL1",
    "idle_minutes_max": null,
    "absolute_minutes_max": 43200,
    "privileged_idle_minutes_max": null,
    "force": "should",
    "caveat": "Section 2.1.3. A definite limit shall exist; 30 days should be the most. No idle limit is asked for."
  },
  {
    "id": "nist-aal2",
    "name": "NIST SP 800-63B-4 AAL2",
    "idle_minutes_max": 60,
    "absolute_minutes_max": 1440,
    "privileged_idle_minutes_max": null,
    "force": "should",
    "caveat": "Section 2.2.3. AAL2 also needs two factors, and an offer of one that resists phishing."
  },
  {
    "id": "nist-aal3",
    "name": "NIST SP 800-63B-4 AAL3",
    "idle_minutes_max": 15,
    "absolute_minutes_max": 720,
    "privileged_idle_minutes_max": null,
    "force": "shall",
    "caveat": "Section 2.3.3. The 12 hours shall, the 15 minutes should. AAL3 also needs hardware that resists phishing."
  },
  {
    "id": "nist-r3-aal2",
    "name": "NIST SP 800-63B-3 AAL2",
    "idle_minutes_max": 30,
    "absolute_minutes_max": 720,
    "privileged_idle_minutes_max": null,
    "force": "shall",
    "caveat": "Superseded by revision 4. FedRAMP's Moderate baseline still prints these numbers."
  },
  {
    "id": "pci-dss",
    "name": "PCI DSS 4.0.1, 8.2.8",
    "idle_minutes_max": 15,
    "absolute_minutes_max": null,
    "privileged_idle_minutes_max": null,
    "force": "required",
    "caveat": "For people with access to card data. The device's screen lock may meet it instead, so being over is not by itself a failure."
  },
  {
    "id": "disa-stig",
    "name": "DISA ASD STIG V-222389/90",
    "idle_minutes_max": 15,
    "absolute_minutes_max": null,
    "privileged_idle_minutes_max": 10,
    "force": "required",
    "caveat": "15 minutes, and 10 for administrators. The limit here is the same for everybody."
  },
  {
    "id": "owasp",
    "name": "OWASP Session Management, low risk",
    "idle_minutes_max": 30,
    "absolute_minutes_max": 480,
    "privileged_idle_minutes_max": null,
    "force": "advice",
    "caveat": "Common ranges, not a requirement. Where much is at stake, 2 to 5 minutes idle."
  },
  {
    "id": "hipaa",
    "name": "HIPAA 164.312(a)(2)(iii)",
    "idle_minutes_max": null,
    "absolute_minutes_max": null,
    "privileged_idle_minutes_max": null,
    "force": "unnumbered",
    "caveat": "Addressable: log off after a time that you set, or document what stands in for it."
  },
  {
    "id": "soc2",
    "name": "SOC 2 CC6.1",
    "idle_minutes_max": null,
    "absolute_minutes_max": null,
    "privileged_idle_minutes_max": null,
    "force": "unnumbered",
    "caveat": "Auditors hold your limits against your own policy."
  },
  {
    "id": "iso-27001",
    "name": "ISO/IEC 27001:2022 A.8.5",
    "idle_minutes_max": null,
    "absolute_minutes_max": null,
    "privileged_idle_minutes_max": null,
    "force": "unnumbered",
    "caveat": "The limit follows from your own risk assessment."
  }
] as const
