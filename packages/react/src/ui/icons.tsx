const ring = 'M17 10a7 7 0 1 1-14 0 7 7 0 0 1 14 0'

const paths = {
  shield: 'M10 2.5 16 5v4c0 4-2.5 7-6 8.5C6.5 16 4 13 4 9V5z',
  people:
    'M10 7a2.75 2.75 0 1 1-5.5 0A2.75 2.75 0 0 1 10 7M2.5 16.5c0-3 2-4.75 4.75-4.75S12 13.5 12 16.5M13 4.4a2.75 2.75 0 0 1 0 5.2M14.7 12.2c1.8.6 2.8 2.1 2.8 4.3',
  cross: 'm5.5 5.5 9 9m0-9-9 9',
  /** Points down; turned when what it opens is open. */
  chevron: 'm6 8 4 4 4-4',
  clock: `${ring}M10 6v4l3 2`,
  within: 'm4.5 10.5 3.5 3.5 7.5-8',
  over: 'M10 15.5v-11m-4.5 4.5L10 4.5 14.5 9',
  undecidable: 'M6 10h8',
  info: `${ring}M10 9.5v4M10 6.5v.05`,
  success: `${ring}M7 10.5l2 2 4-4.5`,
  warning: 'M10 3l7.5 13.25h-15zM10 8v4M10 14v.05',
  danger: 'M7 3h6l4 4v6l-4 4H7l-4-4V7zM10 6.5v4M10 13.5v.05',
  desktop: 'M4 4h12a2 2 0 0 1 2 2v6a2 2 0 0 1-2 2H4a2 2 0 0 1-2-2V6a2 2 0 0 1 2-2M7 17h6M10 14v3',
  phone: 'M8 2.5h4a2 2 0 0 1 2 2v11a2 2 0 0 1-2 2H8a2 2 0 0 1-2-2v-11a2 2 0 0 1 2-2M9 15h2',
  tablet: 'M6 2.5h8a2 2 0 0 1 2 2v11a2 2 0 0 1-2 2H6a2 2 0 0 1-2-2v-11a2 2 0 0 1 2-2M9 15h2',
  bot: 'M6 7h8a2 2 0 0 1 2 2v5a2 2 0 0 1-2 2H6a2 2 0 0 1-2-2V9a2 2 0 0 1 2-2M10 7V4M8 11v1M12 11v1',
  other: `${ring}M3 10h14M10 3c4 4.5 4 9.5 0 14-4-4.5-4-9.5 0-14`,
}

interface IconProps {
  /** A meaning, or the kind of a device: one that is not known gets the globe. */
  name: keyof typeof paths
}

/** An icon of one path. Words stand beside it, so it is hidden from screen readers. */
export function Icon({ name }: IconProps) {
  return (
    <svg
      className={name === 'chevron' ? 'cf-icon cf-chevron' : 'cf-icon'}
      viewBox="0 0 20 20"
      width="20"
      height="20"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.5"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
    >
      <path d={paths[name] ?? paths.other} />
    </svg>
  )
}
