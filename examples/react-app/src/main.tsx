import { createClient } from '@curfew/client'
import { CurfewProvider } from '@curfew/react'
import '@curfew/react/styles.css'
import './style.css'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { App } from './app'

declare const __CURFEW_URL__: string

const client = createClient({ baseUrl: __CURFEW_URL__ })

const root = document.getElementById('app')
if (root) {
  createRoot(root).render(
    <StrictMode>
      <CurfewProvider
        client={client}
        // A product says things in its own words; what is left out stays.
        texts={{ expiry: { stay: 'Keep me at the wheel' } }}
      >
        <App />
      </CurfewProvider>
    </StrictMode>,
  )
}
