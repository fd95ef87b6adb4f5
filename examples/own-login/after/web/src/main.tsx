import { CurfewProvider } from '@curfew/react'
import '@curfew/react/styles.css'
import './style.css'
import { StrictMode } from 'react'
import { createRoot } from 'react-dom/client'
import { App } from './app'
import { client } from './session'

const root = document.getElementById('app')
if (root) {
  createRoot(root).render(
    <StrictMode>
      <CurfewProvider client={client}>
        <App />
      </CurfewProvider>
    </StrictMode>,
  )
}
