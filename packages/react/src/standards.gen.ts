// Made by `make gen` from internal/policy. Do not edit.

export const standards = [
  {
    "id": "nist-aal1",
    "name": "NIST SP 800-63B-4, AAL1",
    "idle_minutes_max": null,
    "absolute_minutes_max": 43200,
    "privileged_idle_minutes_max": null,
    "force": "should",
    "caveat": "Section 2.1.3. A definite limit shall exist; 30 days is the figure that it should not exceed. No idle limit is asked for."
  },
  {
    "id": "nist-aal2",
    "name": "NIST SP 800-63B-4, AAL2",
    "idle_minutes_max": 60,
    "absolute_minutes_max": 1440,
    "privileged_idle_minutes_max": null,
    "force": "should",
    "caveat": "Section 2.2.3. AAL2 also needs two factors at sign-in, which limits alone do not give."
  },
  {
    "id": "nist-aal3",
    "name": "NIST SP 800-63B-4, AAL3",
    "idle_minutes_max": 15,
    "absolute_minutes_max": 720,
    "privileged_idle_minutes_max": null,
    "force": "shall",
    "caveat": "Section 2.3.3. The 12 hours shall, the 15 minutes should. AAL3 also needs hardware that resists phishing."
  },
  {
    "id": "nist-r3-aal2",
    "name": "NIST SP 800-63B-3, AAL2",
    "idle_minutes_max": 30,
    "absolute_minutes_max": 720,
    "privileged_idle_minutes_max": null,
    "force": "shall",
    "caveat": "The edition before the one in force. FedRAMP's Moderate baseline still prints these figures."
  },
  {
    "id": "pci-dss",
    "name": "PCI DSS 4.0.1, 8.2.8",
    "idle_minutes_max": 15,
    "absolute_minutes_max": null,
    "privileged_idle_minutes_max": null,
    "force": "required",
    "caveat": "For people with access to card data. The screen lock of the device may meet it instead, so a longer limit here does not by itself miss it."
  },
  {
    "id": "disa-stig",
    "name": "DISA Application Security STIG",
    "idle_minutes_max": 15,
    "absolute_minutes_max": null,
    "privileged_idle_minutes_max": 10,
    "force": "required",
    "caveat": "V-222389 and V-222390: 15 minutes, and 10 for administrators. The limit here is the same for everybody."
  },
  {
    "id": "owasp",
    "name": "OWASP Session Management, low risk",
    "idle_minutes_max": 30,
    "absolute_minutes_max": 480,
    "privileged_idle_minutes_max": null,
    "force": "advice",
    "caveat": "Common ranges, not a requirement: 15 to 30 minutes idle and a working day of 4 to 8 hours; 2 to 5 minutes idle where much is at stake."
  },
  {
    "id": "hipaa",
    "name": "HIPAA, 45 CFR 164.312(a)(2)(iii)",
    "idle_minutes_max": null,
    "absolute_minutes_max": null,
    "privileged_idle_minutes_max": null,
    "force": "unnumbered",
    "caveat": "It asks for automatic logoff after a time that you set yourself, and names no number."
  },
  {
    "id": "soc2-iso27001",
    "name": "SOC 2 CC6.1 and ISO/IEC 27001 A.8.5",
    "idle_minutes_max": null,
    "absolute_minutes_max": null,
    "privileged_idle_minutes_max": null,
    "force": "unnumbered",
    "caveat": "They name no number: an auditor holds your limits against your own written policy."
  }
] as const
